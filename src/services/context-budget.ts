import { estimateTokens } from '../tokens.js';

/** What one part of a pack could hold, the most important entry first, and the share of the budget that is its own. */
export type Offer<Entry> = Readonly<{ share: number; entries: readonly Entry[] }>;
export type Kept<Offers> = { -readonly [Part in keyof Offers]: Offers[Part] extends Offer<infer Entry> ? Entry[] : never };

/** What an entry costs where it is read: as the JSON it is answered as. */
export const costOf = (entry: unknown): number => estimateTokens(JSON.stringify(entry)) + 1;

/**
 * Divides a budget among parts, in their order: each may use its share and what those before it left, and what is left in the
 * end goes once more from the first to the last. Within a part nothing is taken past an entry that does not fit, so that no
 * part has a hole.
 */
export function divide<Offers extends Readonly<Record<string, Offer<unknown>>>>(
  offers: Offers,
  budget: number,
): { kept: Kept<Offers>; dropped: number } {
  const parts = Object.entries(offers).map(([name, { share, entries }]) => ({ name, share, entries, taken: 0 }));
  const fill = (part: (typeof parts)[number], room: number): number => {
    let left = room;
    while (part.taken < part.entries.length) {
      const cost = costOf(part.entries[part.taken]);
      if (cost > left) break;
      left -= cost;
      part.taken += 1;
    }
    return left;
  };
  let left = 0;
  for (const part of parts) left = fill(part, left + Math.floor(budget * part.share));
  for (const part of parts) left = fill(part, left);
  const kept = Object.fromEntries(parts.map(({ name, entries, taken }) => [name, entries.slice(0, taken)])) as Kept<Offers>;
  return { kept, dropped: parts.reduce((sum, { entries, taken }) => sum + entries.length - taken, 0) };
}
