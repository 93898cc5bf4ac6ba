import { defineImporter, type ImportItem, type Rejected, rejected } from './define.js';
import { readJsonItems } from './json-items.js';
import { hashOf, idOf, isObject, type Loose, listOf, momentOf, nameOf, present, textOf } from './shapes.js';
import { anyHas, sketch } from './sketch.js';

/** A dump of mem0: what get_all answers, as a list, in `results`, or one memory a line; with the relations of its graph. */
export const mem0 = defineImporter({
  name: 'mem0',
  title: 'mem0 memories (answer of get_all)',
  detect(head) {
    const { top, elements, wrapped } = sketch(head);
    const places = [top, elements, wrapped.get('results'), wrapped.get('memories')];
    if (!anyHas(places, 'memory')) return 0;
    return ['user_id', 'agent_id', 'run_id', 'hash'].some((key) => anyHas(places, 'memory', key)) ? 0.95 : 0.7;
  },
  async *read(source) {
    for await (const item of readJsonItems(source, 'memories')) {
      if (item.kind === 'rejected') yield item;
      else if (!isObject(item.value)) yield rejected(item.where, 'It is no memory.');
      else yield* readAnswer(item.value, item.where);
    }
  },
});

function* readAnswer(given: Loose, where: string): Generator<ImportItem | Rejected> {
  const key = ['results', 'memories'].find((name) => Array.isArray(given[name]));
  if (key === undefined && !Array.isArray(given.relations)) return yield readMemory(given, where);
  for (const [at, memory] of listOf(key && given[key]).entries()) yield readMemory(memory, `${key}[${at}]`);
  for (const [at, relation] of listOf(given.relations).entries()) yield* readRelation(relation, `relations[${at}]`);
  if (textOf(given.next) !== undefined) yield rejected('next', 'It is one page of several: fetch and import the others too.');
}

function readMemory(given: unknown, where: string): ImportItem | Rejected {
  const content = isObject(given) ? (textOf(given.memory) ?? textOf(given.data) ?? textOf(given.text)) : undefined;
  if (!isObject(given) || content === undefined) return rejected(where, 'It is no memory: it has no text.');
  const { id, user_id, agent_id, run_id, actor_id, app_id, categories, created_at, updated_at, metadata, memory_type } = given;
  const user = idOf(user_id, 500);
  const tags = listOf(categories).flatMap((category) => nameOf(category, 100) ?? []);
  return {
    ...{ kind: 'memory', where, content, user },
    id: idOf(id) ?? hashOf([user, agent_id, content]),
    memoryKind: memory_type === 'procedural_memory' ? 'procedure' : 'fact',
    tags: tags.length > 0 ? [...new Set(tags)].slice(0, 50) : undefined,
    occurredAt: momentOf(created_at),
    updatedAt: momentOf(updated_at),
    metadata: { ...(isObject(metadata) ? present(metadata) : {}), ...present({ agent_id, run_id, actor_id, app_id, updated_at }) },
  };
}

function* readRelation(given: unknown, where: string): Generator<ImportItem | Rejected> {
  const relation = isObject(given) ? given : {};
  const [source, target] = [nameOf(relation.source, 500), nameOf(relation.destination ?? relation.target, 500)];
  const type = nameOf(relation.relationship ?? relation.relation);
  if (source === undefined || target === undefined || type === undefined)
    yield rejected(where, 'It is no relation: source, relationship or target is missing.');
  else yield { kind: 'relation', where, source, target, type };
}
