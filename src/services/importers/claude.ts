import { readClaudeMemories, readClaudeProject } from './claude-project.js';
import { defineImporter, type ImportedMessage, type ImportItem, type Rejected, rejected } from './define.js';
import { dialogueItems } from './dialogue-items.js';
import { readJsonItems } from './json-items.js';
import { messageOf, withTimes } from './messages.js';
import { addAsset, addSilent, addText, readBlocks } from './parts.js';
import { idOf, isObject, type Loose, momentOf, nameOf, objectsOf, present, textOf } from './shapes.js';
import { anyHas, sketch } from './sketch.js';
import { linearise } from './tree.js';

/** The data export of Claude: conversations.json, and projects.json and memories.json beside it. */
export const claude = defineImporter({
  name: 'claude',
  title: 'Claude data export (conversations.json, projects.json, memories.json)',
  detect(head) {
    const { top, elements } = sketch(head);
    if (anyHas([top, elements], 'chat_messages')) return 1;
    if (anyHas([top, elements], 'conversations_memory')) return 0.95;
    return anyHas([top, elements], 'uuid', 'prompt_template') || anyHas([top, elements], 'uuid', 'docs') ? 0.9 : 0;
  },
  async *read(source) {
    for await (const item of readJsonItems(source, 'entries')) {
      if (item.kind === 'rejected') yield item;
      else if (!isObject(item.value)) yield rejected(item.where, 'It is no conversation.');
      else if (Array.isArray(item.value.chat_messages)) yield* readConversation(item.value, item.where);
      else if ('docs' in item.value || 'prompt_template' in item.value) yield* readClaudeProject(item.value, item.where);
      else if ('conversations_memory' in item.value) yield* readClaudeMemories(item.value, item.where);
      else yield rejected(item.where, 'It is no conversation: it has no chat_messages.');
    }
  },
});

function* readConversation(given: Loose, where: string): Generator<ImportItem | Rejected> {
  const id = idOf(given.uuid);
  if (id === undefined) return yield rejected(where, 'It has no uuid, so it could not be told from others.');
  const listed = objectsOf(given.chat_messages).map((message, at) => ({ id: idOf(message.uuid) ?? `${at}`, message }));
  const byId = new Map(listed.map(({ id, message }) => [id, message]));
  // Older exports are plain lists; newer ones name parents, and hold what was edited away too.
  const isTree = listed.some(({ message }) => byId.has(String(message.parent_message_uuid)));
  const ids = [...byId.keys()];
  const nodes = [...byId].map(([id, message]) => ({ id, parent: idOf(message.parent_message_uuid), at: momentOf(message.created_at) }));
  const dialogue = isTree ? linearise(nodes, idOf(given.current_leaf_message_uuid)) : { path: ids, branches: [] };
  if (!dialogue) return yield rejected(where, 'Its messages go round in a circle.');

  const created = momentOf(given.created_at);
  const messagesOf = (ids: readonly string[]) =>
    withTimes(
      ids.flatMap((id) => readMessage(id, byId.get(id)!) ?? []),
      created,
    );
  const project = isObject(given.project) ? given.project : {};
  const title = nameOf(given.name, 500);
  const metadata = present({ model: given.model, summary: given.summary, project_id: project.uuid ?? given.project_uuid });
  const about = { id, title, platform: 'claude', topic: nameOf(project.name, 500), metadata };
  yield* dialogueItems(dialogue, about, where, messagesOf);
}

function readMessage(id: string, message: Loose): ImportedMessage | undefined {
  const pieces = readBlocks(message.content);
  // The text of a message repeats its blocks, and says of some only that they cannot be shown.
  if (pieces.parts.length + pieces.toolCalls.length + pieces.toolResults.length === 0) addText(pieces, textOf(message.text) ?? '');
  for (const { file_name, file_type, file_size, extracted_content } of objectsOf(message.attachments)) {
    const name = nameOf(file_name) ?? 'attachment';
    const text = textOf(extracted_content);
    if (text !== undefined) pieces.parts.push({ ...present({ name, file_type }), type: 'document', text });
    else addSilent(pieces, 'file', present({ name, file_type, size: file_size }));
  }
  for (const { file_uuid, uuid, file_name, file_kind } of objectsOf(message.files)) {
    const file = idOf(file_uuid) ?? idOf(uuid);
    const name = nameOf(file_name) ?? 'file';
    const mimeType = file_kind === 'image' ? 'image/png' : 'application/octet-stream';
    if (file === undefined) addSilent(pieces, 'file', present({ name, kind: file_kind }));
    else addAsset(pieces, { name, mimeType, uri: `urn:uuid:${file}` });
  }
  const role = message.sender === 'human' || message.sender === 'user' ? 'user' : message.sender === 'assistant' ? 'assistant' : 'system';
  return messageOf({ id, role, createdAt: momentOf(message.created_at) ?? momentOf(message.updated_at) }, pieces);
}
