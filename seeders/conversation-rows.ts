import type { ConversationStatus } from '../src/models/conversation.js';
import type { JsonObject } from '../src/models/json.js';
import type { MessageEventType } from '../src/models/message-event.js';
import type { DemoConversation } from './demo.js';

const PAUSE_MS = 6 * 3600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3600_000;

type Event = { messageAt: number | null; type: MessageEventType; before: JsonObject | null; after: JsonObject | null; occurredAt: Date };

/** A conversation as saving it turn by turn would have left it: numbered messages, exact counters, and the events of all of it. */
export function conversationRows({ messages, status }: DemoConversation) {
  let turn = 0;
  let stretch = 0;
  const rows = messages.map(([at, role, text, tools = {}], index) => {
    const createdAt = new Date(at);
    const before = messages[index - 1];
    if (!before || (role === 'user' && before[1] !== 'user')) turn += 1;
    if (!before || createdAt.getTime() - Date.parse(before[0]) > PAUSE_MS) stretch += 1;
    const type = tools.toolResults ? 'tool_result' : tools.toolCalls ? 'tool_call' : 'text';
    const { toolCalls = null, toolResults = null } = tools;
    return { seq: index + 1, turn, stretch, role, type, content: text, text, toolCalls, toolResults, createdAt };
  });
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) throw new Error('A seeded conversation has messages.');

  const changes = statusChanges(status, last.createdAt);
  const events: Event[] = [
    { messageAt: null, type: 'created', before: null, after: { status: 'active' }, occurredAt: first.createdAt },
    ...rows.map(
      ({ seq, turn, role, createdAt }, messageAt): Event => ({
        messageAt,
        type: 'created',
        before: null,
        after: { seq, turn, role },
        occurredAt: createdAt,
      }),
    ),
    ...changes.map(
      ({ from, to, at }): Event => ({
        messageAt: null,
        type: 'status_changed',
        before: { status: from },
        after: { status: to },
        occurredAt: at,
      }),
    ),
  ];
  const header = {
    status,
    lastSeq: rows.length,
    messageCount: rows.length,
    lastTurn: turn,
    lastStretch: stretch,
    lastRole: last.role,
    startedAt: first.createdAt,
    lastMessageAt: last.createdAt,
    lastActivityAt: last.createdAt,
    endedAt: changes[0]?.at ?? null,
    archivedAt: changes[1]?.at ?? null,
    createdAt: first.createdAt,
  };
  return { header, messages: rows, events };
}

/** An archived conversation was inactive first. */
function statusChanges(
  status: DemoConversation['status'],
  lastActivity: Date,
): { from: ConversationStatus; to: ConversationStatus; at: Date }[] {
  if (status === 'active') return [];
  const ended = new Date(lastActivity.getTime() + 30 * MINUTE_MS);
  const inactive = { from: 'active', to: 'inactive_timeout', at: ended } as const;
  if (status === 'inactive_timeout') return [inactive];
  return [inactive, { from: 'inactive_timeout', to: 'archived', at: new Date(ended.getTime() + 14 * DAY_MS) }];
}
