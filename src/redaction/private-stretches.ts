import type { SecretSpan } from './spans.js';

const TAG = /<(\/?)private(?:\s[^<>]{0,200})?>/gi;

/** Whether it is worth a closer look. */
export const mayHoldPrivate = (text: string): boolean => /<private/i.test(text);

/** What stands between <private> and </private>, tags included. Stretches may nest; one that is never closed goes to the end. */
export function findPrivate(text: string): SecretSpan[] {
  if (!mayHoldPrivate(text)) return [];
  const spans: SecretSpan[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: tag, 1: slash, index } of text.matchAll(TAG)) {
    if (slash === '' && depth === 0) start = index;
    if (slash === '') depth += 1;
    else if (depth > 0) {
      depth -= 1;
      if (depth === 0) spans.push({ start, end: index + tag.length, type: 'private' });
    }
  }
  if (depth > 0) spans.push({ start, end: text.length, type: 'private' });
  return spans;
}
