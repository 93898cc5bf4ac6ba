import { defineImporter, type ImportedMessage, type ImportItem, type Rejected, rejected } from './define.js';
import { readJsonItems } from './json-items.js';
import { withTimes } from './messages.js';
import { isOpenAiMessage, readOpenAiMessage } from './openai-message.js';
import { hashOf, idOf, isObject, type Loose, momentOf, nameOf, present } from './shapes.js';
import { anyHas, sketch } from './sketch.js';

type Dialogue = { id: string | undefined; about: Loose; messages: readonly unknown[]; where: string };

/**
 * Messages as the API of OpenAI takes them: a list, an object with `messages`, a list or lines of either. Where nothing in the file
 * says which conversation or message it is, it is known by what is said: a conversation by how it begins up to the first answer, a
 * message by all that leads to it. So a longer version of a conversation adds what is new.
 */
export const openai = defineImporter({
  name: 'openai',
  title: 'Messages in the format of OpenAI (JSON or JSON Lines)',
  detect(head) {
    const { top, elements, nested, wrapped } = sketch(head);
    const inMessages = wrapped.get('messages');
    if (anyHas([inMessages], 'role', 'content') || anyHas([inMessages], 'role', 'tool_calls')) return 0.9;
    if (anyHas([top, elements, nested], 'role', 'content')) return 0.6;
    return anyHas([top, elements], 'messages') ? 0.5 : 0;
  },
  async *read(source) {
    const taken = new Map<string, string>();
    // Messages of one list, or of lines that follow each other, are one dialogue.
    let open: { list: number; messages: unknown[]; where: string } | undefined;
    for await (const item of readJsonItems(source, 'messages')) {
      if (item.kind === 'rejected') {
        yield item;
        continue;
      }
      const { value, list, where } = item;
      if (isOpenAiMessage(value)) {
        if (open && open.list !== list) yield* finish(open, taken);
        if (!open || open.list !== list) open = { list, messages: [], where };
        open.messages.push(value);
      } else if (isObject(value) && Array.isArray(value.messages))
        yield* readDialogue(
          { id: idOf(value.id ?? value.conversation_id ?? value.thread_id), about: value, messages: value.messages, where },
          taken,
        );
      else if (Array.isArray(value)) yield* readDialogue({ id: undefined, about: {}, messages: value, where }, taken);
      else yield rejected(where, 'It is neither a message with a role nor a conversation with messages.');
    }
    if (open) yield* finish(open, taken);
  },
});

const finish = ({ messages, where }: { messages: unknown[]; where: string }, taken: Map<string, string>) =>
  readDialogue({ id: undefined, about: {}, messages, where }, taken);

function* readDialogue({ id, about, messages: given, where }: Dialogue, taken: Map<string, string>): Generator<ImportItem | Rejected> {
  const messages: ImportedMessage[] = [];
  const used = new Set<string>();
  let before = '';
  /** The hashes of all that is said from the first answer on. */
  const chain: string[] = [];
  for (const [at, message] of given.entries()) {
    if (!isOpenAiMessage(message)) {
      yield rejected(where, `messages[${at}] has no role that is known; the conversation is not taken.`);
      return;
    }
    before = hashOf([before, message.role, message.content, message.tool_calls, message.tool_call_id, message.name]);
    const own = idOf(message.id);
    const read = readOpenAiMessage(own !== undefined && !used.has(own) ? own : before.slice(0, 32), message);
    if (!read) continue;
    used.add(read.id);
    messages.push(read);
    if (message.role === 'assistant' || chain.length > 0) chain.push(before);
  }
  if (messages.length === 0) return yield rejected(where, 'There is no message in it.');
  yield {
    ...{ kind: 'conversation', where, id: id ?? nameless(chain.length > 0 ? chain : [before], taken) },
    title: nameOf(about.title ?? about.name, 500),
    platform: nameOf(about.platform),
    user: idOf(about.user ?? about.user_id, 500),
    metadata: isObject(about.metadata) ? present(about.metadata) : undefined,
    messages: withTimes(messages, momentOf(about.created_at ?? about.create_time ?? about.created)),
  };
}

/** By the first answer. Two conversations that begin alike are two all the same, unless the later one goes on where the earlier one ends. */
function nameless(chain: readonly string[], taken: Map<string, string>): string {
  const whole = chain.at(-1) ?? '';
  const id = chain.find((hash) => !taken.has(hash) || chain.includes(taken.get(hash) ?? '')) ?? whole;
  taken.set(id, whole);
  return id.slice(0, 32);
}
