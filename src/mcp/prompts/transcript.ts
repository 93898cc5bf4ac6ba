import { counted } from '../../counted.js';
import type { HistoryPage } from '../../repository/history.js';
import { clip, enclosed, TEXT_LIMIT } from '../results.js';

/** What surrounds the messages in a prompt. */
const FRAME_BYTES = 3_000;
const MESSAGE_BYTES = 4_000;

/** The end of a conversation for a model to read: each message marked with its number, time and speaker, the newest that fit. */
export function transcript({ conversation, messages, hasMoreBefore }: HistoryPage): string {
  const lines: string[] = [];
  let room = TEXT_LIMIT - FRAME_BYTES;
  for (const { seq, createdAt, role, author, text } of messages.toReversed()) {
    const line = `[${seq} ${createdAt.toISOString()} ${author ? `${author}, ` : ''}${role}] ${clip(text, MESSAGE_BYTES)}`;
    room -= Buffer.byteLength(line) + 1;
    if (room < 0 && lines.length > 0) break;
    lines.unshift(line);
  }
  const { title, topic, status, summary, messageCount } = conversation;
  const header = [
    `Title: ${clip(title ?? 'none', 300)}. Topic: ${clip(topic ?? 'none', 300)}. Status: ${status}. ${counted(messageCount, 'message')}.`,
    ...(summary ? [`Summary so far: ${clip(summary, 1_500)}`] : []),
    ...(hasMoreBefore || lines.length < messages.length ? ['(Earlier messages are left out here.)'] : []),
  ];
  return enclosed('transcript', [...header, ...lines]);
}
