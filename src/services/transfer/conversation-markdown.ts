import { contentText } from '../../repository/content.js';
import type { ConversationRecord, JsonObject, MessageRecord } from '../../repository/records.js';

/** What a message's heading is followed by: who spoke, when, and its id, so that the document can be read back. */
const MARK = '<!-- recollect ';
const CLOSE = ' -->';

/** A line of a text that looks like a mark is kept apart from one by a backslash. */
const guard = (text: string): string => text.replace(/^(\\*)<!-- recollect /gm, '$1\\<!-- recollect ');
const unguard = (text: string): string => text.replace(/^(\\*)\\<!-- recollect /gm, '$1<!-- recollect ');

/** No value may end the comment it stands in. */
const mark = (facts: JsonObject): string => `${MARK}${JSON.stringify(facts).replaceAll('>', '\\u003e')}${CLOSE}`;

/** The beginning of the document. */
export const markdownHead = ({ id, title, topic, platform }: ConversationRecord): string =>
  `# ${(title ?? `Conversation ${id}`).replace(/\s+/g, ' ')}\n\n${mark({ conversation: id, title, topic, platform })}\n`;

/** A message as a section: a heading for people, a mark for programs, what was said, and tool calls as JSON. */
export function markdownMessage(message: MessageRecord): string {
  const { id, role, author, user, createdAt, toolCalls, toolResults } = message;
  const speaker = [role, author ?? user, createdAt.toISOString().replace('.000Z', 'Z')].filter(Boolean).join(' · ');
  const tools = [...(toolCalls ?? []), ...(toolResults ?? [])].map((tool) => `\n\`\`\`json\n${guard(JSON.stringify(tool))}\n\`\`\`\n`);
  const facts = { message: id, role, author: author ?? undefined, at: createdAt.toISOString() };
  return `\n## ${speaker.replace(/\s+/g, ' ')}\n\n${mark(facts)}\n\n${guard(contentText(message.content))}\n${tools.join('')}`;
}

export type MarkdownDocument = {
  facts: JsonObject;
  /** `facts` is empty where only a heading names the speaker. */
  messages: { facts: JsonObject; role: string; text: string }[];
};

const HEADING = /^#{1,3}\s+(user|human|assistant|ai|system|tool)\b[^\n]*$/i;

/** Reads such a document back, or any other in which headings name who speaks. */
export function readMarkdown(text: string): MarkdownDocument {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const marked = lines.some((line) => readMark(line)?.message !== undefined);
  const document: MarkdownDocument = { facts: {}, messages: [] };
  let body: string[] = [];
  const close = (before: number) => {
    const message = document.messages.at(-1);
    if (message)
      message.text = unguard(body.slice(0, body.length - before).join('\n'))
        .replace(/^\n/, '')
        .replace(/\n+$/, '');
    body = [];
  };
  for (const line of lines) {
    const facts = readMark(line);
    const spoken = marked ? undefined : HEADING.exec(line)?.[1];
    if (facts?.conversation !== undefined && document.messages.length === 0) document.facts = facts;
    else if (facts?.message !== undefined) {
      // The heading above the mark belongs to it.
      close(2);
      document.messages.push({ facts, role: String(facts.role), text: '' });
    } else if (spoken !== undefined) {
      close(0);
      document.messages.push({ facts: {}, role: spoken.toLowerCase(), text: '' });
    } else body.push(line);
  }
  close(0);
  return document;
}

function readMark(line: string): JsonObject | null {
  if (!line.startsWith(MARK) || !line.endsWith(CLOSE)) return null;
  try {
    const facts: unknown = JSON.parse(line.slice(MARK.length, -CLOSE.length));
    return facts !== null && typeof facts === 'object' ? (facts as JsonObject) : null;
  } catch {
    return null;
  }
}
