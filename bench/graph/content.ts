const WORDS =
  'tea coffee garden river python typescript postgres vector index meeting budget invoice travel Lisbon Kyoto Oslo guitar piano running chess family birthday allergy peanut project deadline release staging server client token schema migration backup weekend museum recipe noodle bicycle train ticket passport doctor dentist school teacher novel poem camera photo battery laptop keyboard monitor window kitchen paint roof engine oil tyre insurance lawyer contract'.split(
    ' ',
  );
const TYPES = ['person', 'place', 'project', 'event', 'preference', 'tool', 'organisation', 'document'];
const RELATIONS = ['knows', 'part_of', 'uses', 'likes'];
const OBSERVATIONS = 3;

/** Numbers from 0 to 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const nameOf = (at: number): string => `entity_${String(at).padStart(6, '0')}`;

/** One in a hundred entities says `centmark`, one in eight is of the type `organisation`; `note 7-0` stands in one. */
export function entityAt(at: number) {
  const random = randomFrom(1_000_003 + at);
  const word = () => WORDS[Math.floor(WORDS.length * random() ** 2.2)];
  const sentence = () => Array.from({ length: 8 }, word).join(' ');
  const observations = Array.from({ length: OBSERVATIONS }, (_, each) => `${sentence()} note ${at}-${each}`);
  if (at % 100 === 7) observations[0] += ' centmark';
  return { name: nameOf(at), entityType: TYPES[at % TYPES.length]!, observations };
}

export const relationAt = (at: number, size: number) => ({
  from: nameOf(at),
  to: nameOf((at * 7 + 13) % size),
  relationType: RELATIONS[at % RELATIONS.length]!,
});
