import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Store } from '../../src/repository/store.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

/** A memory as a person would keep it on paper: what it says, in which of its states it is, and what took its place. */
type Slip = { id: string; content: string; deleted: boolean; by: string | null };
type Move =
  | { do: 'remember'; what: number }
  | { do: 'supersede'; which: number; what: number }
  | { do: 'soft' | 'hard' | 'restore'; which: number };

const move = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remember' as const), what: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('supersede' as const), which: fc.nat(20), what: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('soft' as const, 'hard' as const, 'restore' as const), which: fc.nat(20) }) },
);

/** Long ones: what goes wrong needs a memory that was superseded, restored and superseded again. */
const history = fc.array(move, { minLength: 10, maxLength: 40, size: 'max' });

/** The rules of the ledger, written down once more and as plainly as can be. A move that is not allowed changes nothing. */
class Paper {
  readonly slips: Slip[] = [];

  inForce = (content?: string): Slip[] =>
    this.slips.filter((slip) => !slip.deleted && slip.by === null && (content === undefined || slip.content === content));

  /** The slip a remembered content stands on; undefined where the move is refused. */
  remember(content: string, id: string, old?: Slip): Slip | undefined {
    const known = this.inForce(content)[0];
    if (old?.deleted) return undefined;
    if (old && old.by !== null && old.by !== known?.id) return undefined;
    const slip = known ?? { id, content, deleted: false, by: null };
    if (!known) this.slips.push(slip);
    if (old && old !== slip) old.by = slip.id;
    return slip;
  }

  restore(slip: Slip): void {
    if (slip.deleted) {
      if (slip.by === null && this.inForce(slip.content).length > 0) return;
      slip.deleted = false;
      return;
    }
    const successor = this.slips.find(({ id }) => id === slip.by);
    if (!successor || successor.by !== null) return;
    if (this.inForce(slip.content).some((other) => other !== successor)) return;
    successor.by = slip.id;
    slip.by = null;
  }
}

/** What the tool did, or null where it refused. */
const attempt = async <T>(work: Promise<T>): Promise<T | null> => work.catch(() => null);

async function play(store: Store, moves: readonly Move[], tick: () => void): Promise<Paper> {
  const paper = new Paper();
  for (const step of moves) {
    tick();
    const slip = 'which' in step && paper.slips.length > 0 ? paper.slips[step.which % paper.slips.length] : undefined;
    if (step.do === 'remember' || step.do === 'supersede') {
      if (step.do === 'supersede' && !slip) continue;
      const content = `fact number ${step.what}`;
      const done = await attempt(store.memories.remember({ content, supersedes: slip?.id }));
      expect(paper.remember(content, done?.memory.id ?? 'refused', slip)?.id).toBe(done?.memory.id);
    } else if (slip) {
      await attempt(store.removal.forget({ memoryIds: [slip.id], mode: step.do, dryRun: false }));
      if (step.do === 'restore') paper.restore(slip);
      else slip.deleted = true;
    }
  }
  return paper;
}

describeEngines('the ledger', (engine) => {
  it('shows what a naive model says is in force, after any history', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (moves) => {
        let now = Date.parse('2026-01-01T00:00:00Z');
        const store = await storeFor(engine.db, { tenantId: await engine.freshTenant(), clock: () => new Date(now) });
        const paper = await play(
          store,
          moves.filter(({ do: act }) => act !== 'hard'),
          () => {
            now += 60_000;
          },
        );
        const { items } = await store.memories.list({}, { limit: 500 });
        expect(items.map(({ id }) => id).sort()).toEqual(
          paper
            .inForce()
            .map(({ id }) => id)
            .sort(),
        );
        const all = await store.memories.list({ includeSuperseded: true }, { limit: 500 });
        expect(all.items.map(({ id }) => id).sort()).toEqual(
          paper.slips
            .filter(({ deleted }) => !deleted)
            .map(({ id }) => id)
            .sort(),
        );
        const keys = items.map(({ content }) => content);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 25 },
    );
  });

  it('stays whole when memories are removed in the middle of any history', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (moves) => {
        let now = Date.parse('2026-01-01T00:00:00Z');
        const tenantId = await engine.freshTenant();
        const store = await storeFor(engine.db, { tenantId, clock: () => new Date(now) });
        for (const step of moves) {
          now += 60_000;
          const rows = await engine.models.EpisodicMemory.findAll({ where: { tenantId }, order: ['id'] });
          const id = 'which' in step ? rows[step.which % Math.max(rows.length, 1)]?.id : undefined;
          if (step.do === 'remember' || step.do === 'supersede')
            await attempt(store.memories.remember({ content: `fact number ${step.what}`, supersedes: id }));
          else if (id) {
            const { counts } = await store.removal.forget({ memoryIds: [id], mode: step.do, dryRun: false }).catch((error: unknown) => {
              expect(error).toMatchObject({ code: 'conflict', message: expect.stringMatching(/says the same|in turn by/) });
              return { counts: { matched: 1 } };
            });
            expect(counts.matched).toBe(1);
          }
        }
        const rows = await engine.models.EpisodicMemory.findAll({ where: { tenantId } });
        const byId = new Map(rows.map((row) => [row.id, row]));
        for (const row of rows) {
          // Whoever follows the chain from any memory comes to its end.
          const seen = new Set<string>();
          for (let at = row.supersededById; at !== null; at = byId.get(at)!.supersededById) {
            expect(seen.has(at)).toBe(false);
            seen.add(at);
          }
          if (row.validFrom && row.validTo) expect(row.validTo >= row.validFrom).toBe(true);
        }
        const { items } = await store.memories.list({}, { limit: 500 });
        expect(items.every(({ supersededById, deletedAt }) => supersededById === null && deletedAt === null)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('never shows a superseded fact by default, and always as of its time', async () => {
    const tenantId = await engine.freshTenant();
    const day = (n: number) => new Date(Date.UTC(2020, 0, 1 + n));
    let now = day(0);
    const store = await storeFor(engine.db, { tenantId, clock: () => now });
    const people = Array.from({ length: 40 }, (_, n) => `Person ${n}`);
    const towns = ['Oslo', 'Porto', 'Graz', 'Lyon', 'Turku'];
    const homes = new Map<string, { id: string; content: string; from: Date }[]>();
    for (const [at, town] of towns.entries()) {
      for (const [n, person] of people.entries()) {
        now = day(at * 100 + n);
        const before = homes.get(person)?.at(-1);
        const content = `${person} lives in ${town}`;
        const { memory, similar } = await store.memories.remember({ content, supersedes: before?.id });
        if (before) expect(similar.map(({ id }) => id)).not.toContain(before.id);
        homes.set(person, [...(homes.get(person) ?? []), { id: memory.id, content, from: now }]);
      }
    }
    now = day(1000);
    const shown = async (filter = {}) => (await store.memories.list(filter, { limit: 500 })).items.map(({ content }) => content).sort();
    expect(await shown()).toEqual(people.map((person) => `${person} lives in Turku`).sort());
    expect(await shown({ includeSuperseded: true })).toHaveLength(200);
    for (const [at] of towns.entries()) {
      for (const moment of [day(at * 100 + 20), day(at * 100 + 99)]) {
        const expected = people.map(
          (person) => homes.get(person)!.findLast(({ from }) => from <= moment)?.content ?? homes.get(person)![0]!.content,
        );
        expect(await shown({ asOf: moment })).toEqual(expected.sort());
      }
    }
  });
});
