import { readClaudeCodeLine } from './claude-code-message.js';
import { defineImporter, type ImportedMessage, type ImportItem, rejected } from './define.js';
import { readJsonItems } from './json-items.js';
import { withTimes } from './messages.js';
import { idOf, isObject, type Loose, nameOf, present, textOf } from './shapes.js';
import { anyHas, sketch } from './sketch.js';

/** What the lines of one session, or of one agent that it sent out, have told so far. */
type Session = {
  id: string;
  title: string | undefined;
  metadata: Loose;
  messages: Map<string, ImportedMessage>;
  where: string;
  last: string | undefined;
};

/**
 * A session of Claude Code, one line an event. Its lines are in the order things happened, answers of parallel tools and what was
 * asked anew included, so that order is the conversation. What agents of a session did is a conversation of its own.
 */
export const claudeCode = defineImporter({
  name: 'claude-code',
  title: 'Claude Code session (JSON Lines)',
  detect(head) {
    const { top } = sketch(head);
    if (anyHas([top], 'sessionId', 'uuid', 'message')) return 1;
    return anyHas([top], 'leafUuid') || anyHas([top], 'sessionId', 'type') ? 0.9 : 0;
  },
  async *read(source) {
    const sessions = new Map<string, Session>();
    // Which conversation a line is of where only its parent says so.
    const agentOf = new Map<string, string>();
    const titles = new Map<string, string>();
    for await (const item of readJsonItems(source, 'lines')) {
      if (item.kind === 'rejected') yield item;
      else if (!isObject(item.value) || typeof item.value.type !== 'string') yield rejected(item.where, 'It is no event of a session.');
      else {
        const problem = take(item.value, item.where, sessions, agentOf, titles);
        if (problem !== null) yield rejected(item.where, problem);
      }
    }
    const leaves = [...sessions.values()];
    for (const [leaf, title] of titles) {
      const session = leaves.find(({ messages }) => messages.has(leaf));
      if (session) session.title ??= title;
    }
    for (const session of leaves) if (session.messages.size > 0) yield itemOf(session);
  },
});

/** Null when the line is taken, or holds nothing that was said. */
function take(
  line: Loose,
  where: string,
  sessions: Map<string, Session>,
  agentOf: Map<string, string>,
  titles: Map<string, string>,
): string | null {
  const title = nameOf(line.summary ?? line.customTitle ?? line.aiTitle ?? line.title, 500);
  if (line.type === 'summary') {
    const leaf = idOf(line.leafUuid);
    if (leaf !== undefined && title !== undefined) titles.set(leaf, title);
    return null;
  }
  const sessionId = idOf(line.sessionId, 100);
  if (line.type === 'custom-title' || line.type === 'ai-title') {
    if (sessionId !== undefined && title !== undefined) sessionOf(sessionId, line, where, sessions).title = title;
    return null;
  }
  if (line.type !== 'user' && line.type !== 'assistant' && line.type !== 'system') return null;
  const uuid = idOf(line.uuid);
  if (sessionId === undefined || uuid === undefined) return 'It names no session, or no uuid.';
  const key = line.isSidechain === true ? `${sessionId}/${agentKey(line, uuid, agentOf)}` : sessionId;
  const message = readClaudeCodeLine(uuid, line);
  if (message) add(sessionOf(key, line, where, sessions), message);
  return null;
}

/** The lines of one answer all say what the whole of it cost, the last one rightly: it is counted there. */
function add(session: Session, message: ImportedMessage): void {
  const { messages, last } = session;
  const before = last === undefined ? undefined : messages.get(last);
  const answer = message.metadata?.message_id;
  if (before && answer !== undefined && before.metadata?.message_id === answer && before.id !== message.id)
    messages.set(before.id, { ...before, inputTokens: undefined, outputTokens: undefined });
  messages.set(message.id, message);
  if (message.role === 'assistant') session.last = message.id;
}

/** The agent's own name, or the first line of what it did. */
function agentKey(line: Loose, uuid: string, agentOf: Map<string, string>): string {
  const agent = idOf(line.agentId, 100) ?? agentOf.get(String(line.parentUuid)) ?? uuid;
  agentOf.set(uuid, agent);
  return agent;
}

function sessionOf(key: string, line: Loose, where: string, sessions: Map<string, Session>): Session {
  const known = sessions.get(key);
  if (known) return known;
  const agent = line.isSidechain === true ? { agent_of: line.sessionId, agent_id: line.agentId } : {};
  const metadata = present({ cwd: textOf(line.cwd), git_branch: textOf(line.gitBranch), version: textOf(line.version), ...agent });
  const session = { id: key, title: undefined, metadata, messages: new Map<string, ImportedMessage>(), where, last: undefined };
  sessions.set(key, session);
  return session;
}

const itemOf = ({ id, title, metadata, messages, where }: Session): ImportItem => ({
  ...{ kind: 'conversation', id, title, metadata, where, platform: 'claude-code' },
  topic: typeof metadata.cwd === 'string' ? nameOf(metadata.cwd.split(/[\\/]/).at(-1), 500) : undefined,
  messages: withTimes([...messages.values()]),
});
