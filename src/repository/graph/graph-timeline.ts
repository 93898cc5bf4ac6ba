import { invalidInput } from '../../errors.js';

/** From the first moment on, until just before the last; in milliseconds, infinite where there is no end. */
export type Period = { from: number; to: number };
export type Fact<C> = Period & { id: string; content: C };

export type GivenFact<C> = {
  from?: number | undefined;
  to?: number | undefined;
  /** What is to be believed, given what is believed of that time. */
  merge(current: C | undefined): C;
  /** Whether two contents say the same, and whether they are the same down to what they rest on. */
  saysSame(a: C, b: C): boolean;
  isSame(a: C, b: C): boolean;
};

export type FactChange<C> = {
  change: 'created' | 'updated' | 'unchanged';
  /** What is not believed any more. */
  ended: Fact<C>[];
  /** What is believed instead, in order of time. */
  added: (Period & { content: C })[];
};

/**
 * What a statement about one thing changes in what is believed of it. A statement that says the same with other dates corrects
 * the dates. One that says something else takes the place of what it overlaps, and leaves what was before and comes after. Without
 * dates it is about now: what was believed until now stays true of the past.
 */
export function changeFact<C>(facts: readonly Fact<C>[], given: GivenFact<C>, now: number): FactChange<C> {
  const { from, to } = given;
  if (from !== undefined && to !== undefined && from >= to)
    throw invalidInput('valid_from must be before valid_to. Nothing was stored.', 'Give two different moments, or leave one out.');
  const ended = to !== undefined && to <= now;
  const at = from ?? (ended ? to - 1 : now);
  const current = facts.find((fact) => fact.from <= at && at < fact.to);
  const content = given.merge(current?.content);
  if (current && given.saysSame(content, current.content)) {
    const period = { from: from ?? current.from, to: to ?? current.to };
    if (period.from === current.from && period.to === current.to && given.isSame(content, current.content))
      return { change: 'unchanged', ended: [], added: [] };
    const others = facts.filter((fact) => fact !== current);
    const { replaced, rest } = carve(others, period);
    return { change: 'updated', ended: [current, ...replaced], added: inOrder([...rest, { ...period, content }]) };
  }
  const before = Math.max(Number.NEGATIVE_INFINITY, ...facts.filter((fact) => fact.to <= at).map((fact) => fact.to));
  const unknown = ended || facts.length === 0 ? (current?.from ?? before) : now;
  const period = { from: from ?? unknown, to: to ?? Number.POSITIVE_INFINITY };
  const { replaced, rest } = carve(facts, period);
  return {
    change: replaced.length > 0 ? 'updated' : 'created',
    ended: replaced,
    added: inOrder([...rest, { ...period, content }]),
  };
}

/** What of the facts is in the way of a period, and what of it remains around the period. */
function carve<C>(facts: readonly Fact<C>[], { from, to }: Period) {
  const replaced = facts.filter((fact) => fact.from < to && from < fact.to);
  const rest = replaced.flatMap(({ from: start, to: end, content }) => [
    ...(start < from ? [{ from: start, to: from, content }] : []),
    ...(to < end ? [{ from: to, to: end, content }] : []),
  ]);
  return { replaced, rest };
}

const inOrder = <P extends Period>(periods: P[]): P[] => periods.toSorted((a, b) => (a.from < b.from ? -1 : 1));
