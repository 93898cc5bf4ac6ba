import type { Neighbours } from '../recall/soft-terms.js';

/** Words near in meaning, from the vectors that come with the program; read when they are first wanted. */
export async function loadNeighbours(): Promise<Neighbours> {
  const { Thesaurus } = await import('../recall/thesaurus.js');
  return (await Thesaurus.load()).neighbours;
}
