import type { HistoryPage } from '../../repository/history.js';
import { clip, TEXT_LIMIT } from '../results.js';
import { viewConversation, viewMessage } from '../views.js';

/** Room for the header of a conversation and what surrounds its messages. */
const FRAME_BYTES = 4_000;

/** A page of history as JSON that floods nobody: the newest messages that fit, and where the ones before them are. */
export function historyText({ conversation, messages, hasMoreBefore, hasMoreAfter }: HistoryPage): string {
  const shown: unknown[] = [];
  let room = TEXT_LIMIT - FRAME_BYTES;
  for (const message of messages.toReversed()) {
    const view = viewMessage(message);
    const whole = JSON.stringify(view);
    const size = Buffer.byteLength(whole);
    if (size > room && shown.length > 0) break;
    // A message that is too large by itself is shown in part: a page without any would be a dead end.
    shown.unshift(
      size > room ? { id: view.id, seq: view.seq, role: view.role, created_at: view.created_at, cut: clip(whole, room) } : view,
    );
    room -= size;
  }
  const first = messages.at(-shown.length);
  const more = hasMoreBefore || shown.length < messages.length;
  const earlier = `memory://conversations/${conversation.id}/messages?before_seq=${first?.seq}`;
  return JSON.stringify({
    conversation: header(viewConversation(conversation)),
    messages: shown,
    has_more_before: more,
    ...(more && { earlier_messages: earlier }),
    has_more_after: hasMoreAfter,
  });
}

/** Free-form fields of a conversation may be of any size; beyond the frame they are read with list_conversations. */
function header<T extends { metadata?: unknown; current_goal?: unknown; summary?: string | undefined }>(
  view: T,
): Partial<T> & { truncated?: true } {
  if (Buffer.byteLength(JSON.stringify(view)) <= FRAME_BYTES - 500) return view;
  const { metadata: _, current_goal: __, summary, ...rest } = view;
  return { ...rest, ...(summary && { summary: clip(summary, 1_000) }), truncated: true } as Partial<T> & { truncated: true };
}
