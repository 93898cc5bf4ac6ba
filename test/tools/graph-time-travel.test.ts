import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { GraphMoment } from '../../src/repository/graph/graph-records.js';
import type { Store } from '../../src/repository/store.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const day = (n: number): Date => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000);
const KEYS = ['a', 'b', 'c'] as const;

type Span = { from: number | undefined; to: number | undefined };
type Step = { span: Span; key: string; other: string; text: string; value: number } & {
  what: 'node' | 'observation' | 'edge' | 'delete node' | 'delete observation' | 'delete edge';
};

type Period = { from: number; to: number; value: number | null };
/** All that is believed: periods by what they are about, such as `a`, `a sings` or `a>b`. A node that is not there has no entry. */
type Beliefs = Map<string, Period[]>;

/** The rule in words: the same said again gets the dates it is given; something else takes the days it speaks of from what was there. */
function say(periods: Period[] | undefined, value: number | null, { from, to }: Span, today: number): Period[] {
  const known = periods ?? [];
  const over = to !== undefined && to <= today;
  const at = from ?? (over ? to - 0.001 : today);
  const current = known.find((one) => one.from <= at && at < one.to);
  if (current?.value === value) {
    const moved = { value, from: from ?? current.from, to: to ?? current.to };
    return [...known.filter((one) => one !== current).flatMap((one) => without(one, moved)), moved];
  }
  let start = today;
  if (over || known.length === 0) start = current?.from ?? Math.max(-Infinity, ...known.map((one) => one.to).filter((end) => end <= at));
  const said = { value, from: from ?? start, to: to ?? Infinity };
  return [...known.flatMap((one) => without(one, said)), said];
}

const without = (one: Period, gone: Period): Period[] =>
  [
    { ...one, to: Math.min(one.to, gone.from) },
    { ...one, from: Math.max(one.from, gone.to) },
  ].filter(({ from, to }) => from < to);

function applyToModel(before: Beliefs, { what, span, key, other, text, value }: Step, today: number): Beliefs {
  const now = new Map(before);
  const always = { from: undefined, to: undefined };
  const make = (node: string) => now.has(node) || now.set(node, say(undefined, null, always, today));
  if (what === 'node') now.set(key, say(now.get(key), value, span, today));
  if (what === 'observation') {
    make(key);
    now.set(`${key} ${text}`, say(now.get(`${key} ${text}`), 0, span, today));
  }
  if (what === 'edge') {
    make(key);
    make(other);
    now.set(`${key}>${other}`, say(now.get(`${key}>${other}`), value, span, today));
  }
  if (what === 'delete observation') now.delete(`${key} ${text}`);
  if (what === 'delete edge') now.delete(`${key}>${other}`);
  if (what === 'delete node')
    for (const name of [...now.keys()]) if (name.split(/[ >]/)[0] === key || name.endsWith(`>${key}`)) now.delete(name);
  return now;
}

/** What the model answers: the value of everything that is believed of a day; what is about a node needs the node. */
function askModel(beliefs: Beliefs, at: number): Record<string, number | null> {
  const held = [...beliefs].flatMap(([name, periods]) =>
    periods.filter(({ from, to }) => from <= at && at < to).map(({ value }): [string, number | null] => [name, value]),
  );
  const there = new Set(held.map(([name]) => name));
  const needs = (name: string) => (name.includes('>') ? name.split('>') : [name.split(' ')[0]!]);
  return Object.fromEntries(held.filter(([name]) => needs(name).every((node) => there.has(node))));
}

function applyToStore({ graph: of }: Store, graph: string, { what, span, key, other, text, value }: Step): Promise<unknown> {
  const dates = {
    validFrom: span.from === undefined ? undefined : day(span.from),
    validTo: span.to === undefined ? undefined : day(span.to),
  };
  if (what === 'node') return of.upsert({ graph, nodes: [{ key, properties: { value }, ...dates }] });
  if (what === 'observation') return of.upsert({ graph, nodes: [{ key, observations: [{ text, ...dates }] }] });
  if (what === 'edge') return of.upsert({ graph, edges: [{ source: key, target: other, type: 'to', properties: { value }, ...dates }] });
  if (what === 'delete node') return of.deleteNodes([key], graph);
  if (what === 'delete observation') return of.deleteObservations([{ key, text }], graph);
  return of.deleteEdges([{ source: key, target: other, type: 'to' }], graph);
}

async function askStore(store: Store, graph: string, moment: GraphMoment): Promise<Record<string, number | null>> {
  const { nodes, edges } = await store.graphQueries.find({ graph, keys: KEYS, depth: 0, ...moment }, { limit: 10 });
  return Object.fromEntries([
    ...nodes.map(({ key, properties }): [string, number | null] => [key, (properties.value as number | undefined) ?? null]),
    ...nodes.flatMap(({ key, observations }) => observations.map(({ text }): [string, number] => [`${key} ${text}`, 0])),
    ...edges.map(({ source, target, properties }): [string, number] => [`${source}>${target}`, properties.value as number]),
  ]);
}

const bound = fc.option(fc.integer({ min: 0, max: 14 }), { nil: undefined });
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('node', 'observation', 'edge') },
    { weight: 1, arbitrary: fc.constantFrom('delete node', 'delete observation', 'delete edge') },
  ),
  span: fc.record({ from: bound, to: bound }).filter(({ from, to }) => from === undefined || to === undefined || from < to),
  key: fc.constantFrom(...KEYS),
  other: fc.constantFrom(...KEYS),
  text: fc.constantFrom('sings', 'dances'),
  value: fc.integer({ min: 1, max: 2 }),
});

describeEngines('the two clocks of the graph', (engine) => {
  it('answer of any moment, as believed at any moment, what a naive model does', async () => {
    let today = day(0);
    const store = await storeFor(engine.db, { tenantId: await engine.freshTenant(), clock: () => today });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        runs += 1;
        const graph = `run ${runs}`;
        const history: Beliefs[] = [new Map()];
        for (const [at, each] of steps.entries()) {
          today = day(at + 1);
          await applyToStore(store, graph, each);
          history.push(applyToModel(history.at(-1)!, each, at + 1));
        }
        today = day(20);
        expect(await askStore(store, graph, {})).toEqual(askModel(history.at(-1)!, 20));
        for (const [known, beliefs] of history.entries()) {
          for (const at of [-1, known, (known * 7 + 3) % 15]) {
            const moment = { asOf: day(at), knownAt: day(known + 0.5) };
            expect(await askStore(store, graph, moment), `day ${at} as known on day ${known}`).toEqual(askModel(beliefs, at));
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});
