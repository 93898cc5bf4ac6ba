import { type Redacted, Redaction, type RedactMode } from '../redaction/redaction.js';
import type { NewMemory } from './memories/memory-records.js';
import type { MessageEdit } from './messages.js';
import type { NewTurn } from './turns.js';

/** The value as it is to be stored, and what was taken out of it. */
export type Cleaned<T> = { clean: T; redacted: Redacted[] | undefined };

type Setting = RedactMode | undefined;

/** A record of what was said stays as it was said, unless the operator decides otherwise. */
const transcripts = (setting: Setting): Redaction => new Redaction(setting ?? 'off');
/** A memory is read again and again, in other conversations: no secret goes there by default. */
const memories = (setting: Setting): Redaction => new Redaction(setting ?? 'mask');

export function redactTurn(turn: NewTurn, setting: Setting): Cleaned<NewTurn> {
  const redaction = transcripts(setting);
  const { title, topic, metadata } = redaction.deep({ title: turn.title, topic: turn.topic, metadata: turn.metadata }, 'the turn');
  const messages = turn.messages.map((message, at) => {
    const { content, toolCalls, toolResults, metadata } = message;
    return { ...message, ...redaction.deep({ content, toolCalls, toolResults, metadata }, `messages[${at}]`) };
  });
  return { clean: { ...turn, title, topic, metadata, messages }, redacted: redaction.found };
}

export function redactEdit(edit: MessageEdit, setting: Setting): Cleaned<MessageEdit> {
  const redaction = transcripts(setting);
  const { content, metadata } = redaction.deep({ content: edit.content, metadata: edit.metadata }, 'the message');
  return { clean: { ...edit, content, metadata }, redacted: redaction.found };
}

export function redactMemory(memory: NewMemory, setting: Setting): Cleaned<NewMemory> {
  const redaction = memories(setting);
  const { content, title, tags, metadata } = redaction.deep(
    { content: memory.content, title: memory.title, tags: memory.tags, metadata: memory.metadata },
    'the memory',
  );
  return { clean: { ...memory, content, title, tags, metadata }, redacted: redaction.found };
}

/** Nothing but what was taken out. */
export const isBlank = (content: string): boolean => content.replaceAll('[private]', '').trim() === '';
