import { invalidInput } from '../errors.js';

const MAX_DEPTH = 100;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Refuses what cannot be stored as it is: U+0000, which PostgreSQL has no room for, and halves of a surrogate pair, which are no text. */
export function assertCleanText(value: unknown, path = '', depth = 0): void {
  if (typeof value === 'string') {
    const flaw = flawOf(value);
    if (flaw) throw invalidInput(`${path || 'The value'} contains ${flaw}.`, 'Remove it and send the call again; nothing was done.');
    return;
  }
  if (value === null || typeof value !== 'object') return;
  if (depth > MAX_DEPTH) throw invalidInput(`${path.slice(0, 60)}… is nested more than ${MAX_DEPTH} levels deep.`, 'Nothing was done.');
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      assertCleanText(item, `${path}[${index}]`, depth + 1);
    });
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    // Parsers on the way drop it without a word, and then what is stored is not what was said.
    if (key === '__proto__') throw invalidInput(`${path || 'The arguments'}: a key cannot be named __proto__.`, 'Nothing was done.');
    assertCleanText(key, `${path ? `${path}: ` : ''}a key`, depth + 1);
    assertCleanText(item, path ? `${path}.${key}` : key, depth + 1);
  }
}

function flawOf(text: string): string | undefined {
  const nul = text.indexOf('\0');
  if (nul >= 0) return `the character U+0000 at position ${nul}`;
  const surrogate = LONE_SURROGATE.exec(text);
  return surrogate ? `half of a surrogate pair (not valid Unicode) at position ${surrogate.index}` : undefined;
}
