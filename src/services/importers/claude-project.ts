import { type ImportItem, type Rejected, rejected } from './define.js';
import { idOf, isObject, type Loose, momentOf, nameOf, objectsOf, present, textOf } from './shapes.js';

/** A project: its instructions are a procedure, its documents are notes. */
export function* readClaudeProject(given: Loose, where: string): Generator<ImportItem | Rejected> {
  const id = idOf(given.uuid);
  if (id === undefined) return yield rejected(where, 'The project has no uuid, so it could not be told from others.');
  const name = nameOf(given.name) ?? 'Project';
  const metadata = present({ project_id: id, description: given.description });
  const about = { kind: 'memory' as const, tags: [nameOf(name, 100) ?? name], metadata };
  const instructions = textOf(given.prompt_template);
  if (instructions !== undefined)
    yield {
      ...about,
      where,
      id: `project/${id}`,
      memoryKind: 'procedure',
      title: name,
      content: instructions,
      occurredAt: momentOf(given.created_at),
    };
  for (const [at, { uuid, filename, content, created_at }] of objectsOf(given.docs).entries()) {
    const place = `${where}.docs[${at}]`;
    const text = textOf(content);
    if (text === undefined) yield rejected(place, 'The document has no content.');
    else
      yield {
        ...about,
        where: place,
        id: `project/${id}/${idOf(uuid) ?? at}`,
        memoryKind: 'note',
        title: nameOf(filename, 500) ?? name,
        content: text,
        occurredAt: momentOf(created_at),
      };
  }
}

/** What Claude keeps in mind, of all conversations and of those of a project. */
export function* readClaudeMemories(given: Loose, where: string): Generator<ImportItem | Rejected> {
  const account = idOf(given.account_uuid) ?? 'account';
  const about = { kind: 'memory', memoryKind: 'summary', where } as const;
  const all = textOf(given.conversations_memory);
  if (all !== undefined) yield { ...about, id: `memory/${account}`, title: 'Memory of Claude', content: all };
  for (const [project, text] of Object.entries(isObject(given.project_memories) ? given.project_memories : {})) {
    const content = textOf(text);
    if (content !== undefined)
      yield {
        ...about,
        id: `memory/${account}/${idOf(project)}`,
        title: 'Memory of a project of Claude',
        content,
        metadata: { project_id: project },
      };
  }
}
