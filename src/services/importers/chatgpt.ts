import { readChatGptMessage } from './chatgpt-message.js';
import { defineImporter, type ImportItem, type Rejected, rejected } from './define.js';
import { dialogueItems } from './dialogue-items.js';
import { readJsonItems } from './json-items.js';
import { withTimes } from './messages.js';
import { hashOf, idOf, isObject, type Loose, listOf, momentOf, nameOf, present } from './shapes.js';
import { anyHas, sketch } from './sketch.js';
import { linearise, type TreeNode } from './tree.js';

/**
 * The data export of ChatGPT. What it shows is the way from the root of its tree to `current_node`: that is the conversation. Answers
 * that were made again and questions that were asked otherwise are conversations of their own, from where they leave it.
 */
export const chatgpt = defineImporter({
  name: 'chatgpt',
  title: 'ChatGPT data export (conversations.json)',
  detect(head) {
    const { top, elements } = sketch(head);
    if (!anyHas([top, elements], 'mapping')) return 0;
    return ['current_node', 'conversation_id', 'create_time', 'title'].some((key) => anyHas([top, elements], 'mapping', key)) ? 1 : 0.8;
  },
  async *read(source) {
    for await (const item of readJsonItems(source, 'conversations')) {
      if (item.kind === 'rejected') yield item;
      else if (!isObject(item.value) || !isObject(item.value.mapping))
        yield rejected(item.where, 'It is no conversation: it has no mapping.');
      else yield* readConversation(item.value, item.value.mapping, item.where);
    }
  },
});

function* readConversation(given: Loose, mapping: Loose, where: string): Generator<ImportItem | Rejected> {
  const nodes = new Map(Object.entries(mapping).flatMap(([id, node]) => (isObject(node) ? [[id, node] as const] : [])));
  const dialogue = linearise(treeOf(nodes), typeof given.current_node === 'string' ? given.current_node : undefined);
  if (!dialogue) return yield rejected(where, 'Its messages go round in a circle.');
  const created = momentOf(given.create_time);
  const messagesOf = (ids: readonly string[]) => {
    const messages = ids.flatMap((id) => {
      const message = nodes.get(id)?.message;
      return (isObject(message) && readChatGptMessage(idOf(id) ?? hashOf(id), message)) || [];
    });
    return withTimes(messages, created);
  };

  const id = idOf(given.conversation_id) ?? idOf(given.id) ?? hashOf([given.create_time, dialogue.path[0]]);
  const title = nameOf(given.title, 500);
  const metadata = present({
    model: given.default_model_slug,
    gizmo_id: given.gizmo_id,
    project_id: given.conversation_template_id,
    archived: given.is_archived === true || undefined,
  });
  yield* dialogueItems(dialogue, { id, title, platform: 'chatgpt', metadata }, where, messagesOf);
}

/** Parents as the nodes name them; where one names none, as its parent lists it among its children. */
function treeOf(nodes: ReadonlyMap<string, Loose>): TreeNode[] {
  const listed = new Map<unknown, string>();
  for (const [id, { children }] of nodes) for (const child of listOf(children)) if (!listed.has(child)) listed.set(child, id);
  return [...nodes].map(([id, { parent, message }]) => ({
    id,
    parent: typeof parent === 'string' && nodes.has(parent) ? parent : listed.get(id),
    at: isObject(message) ? momentOf(message.create_time) : undefined,
  }));
}
