const ENTRY = /'((?:[^'\\]|''|\\.)*)'(?::([\dABCD,]+))?/g;

/** How often each lexeme stands in a tsvector, read from its text form. */
export function lexemeFrequencies(tsvector: string): Map<string, number> {
  const frequencies = new Map<string, number>();
  for (const [, lexeme = '', positions = ''] of tsvector.matchAll(ENTRY)) {
    frequencies.set(lexeme.replaceAll("''", "'").replaceAll('\\\\', '\\'), positions.split(',').length);
  }
  return frequencies;
}
