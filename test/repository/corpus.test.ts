import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import type { Store } from '../../src/repository/store.js';
import { describeEngines, type TestEngine } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const clock = () => new Date('2026-03-01T12:00:00Z');
const WORDS = 'garden ticket harbour recipe museum bicycle'.split(' ');

type Term = { source: string; scopeId: string; lexeme: string; documents: number };
type Total = { source: string; scopeId: string; documents: number; length: string };

/** The statistics that anybody would get by counting every message and memory. */
async function recount({ models }: TestEngine, tenantId: string): Promise<{ terms: Term[]; totals: Total[] }> {
  const messages = await models.Message.unscoped().findAll({ where: { tenantId, deletedAt: null } });
  const memories = await models.EpisodicMemory.unscoped().findAll({ where: { tenantId, deletedAt: null } });
  const owners = new Map((await models.Conversation.findAll({ where: { tenantId } })).map(({ id, userId }) => [id, userId]));
  const documents = [
    ...messages.map(({ conversationId, search, author }) => ({
      source: 'message',
      owner: owners.get(conversationId) ?? null,
      search,
      author,
    })),
    ...memories.map(({ userId, search }) => ({ source: 'memory', owner: userId, search, author: null })),
  ];
  const terms = new Map<string, Term>();
  const totals = new Map<string, Total>();
  for (const { source, owner, search, author } of documents) {
    const lexemes = [...search.matchAll(/'([^']+)'/g)].map(([, lexeme]) => lexeme!);
    for (const scopeId of ['00000000-0000-0000-0000-000000000000', ...(owner ? [owner] : [])]) {
      const scope = `${source} ${scopeId}`;
      const total = totals.get(scope) ?? { source, scopeId, documents: 0, length: '0' };
      totals.set(scope, { ...total, documents: total.documents + 1, length: String(Number(total.length) + lexemes.length) });
      for (const lexeme of [...lexemes, ...(author ? [`author ${author.toLowerCase()}`] : [])]) {
        const known = terms.get(`${scope} ${lexeme}`) ?? { source, scopeId, lexeme, documents: 0 };
        terms.set(`${scope} ${lexeme}`, { ...known, documents: known.documents + 1 });
      }
    }
  }
  return { terms: sorted([...terms.values()]), totals: sorted([...totals.values()]) };
}

async function kept({ models }: TestEngine, tenantId: string): Promise<{ terms: Term[]; totals: Total[] }> {
  const plain = { where: { tenantId }, raw: true } as const;
  const terms = await models.CorpusTerm.findAll({ ...plain, attributes: ['source', 'scopeId', 'lexeme', 'documents'] });
  const totals = await models.CorpusTotal.findAll({ ...plain, attributes: ['source', 'scopeId', 'documents', 'length'] });
  return { terms: sorted(terms as Term[]), totals: sorted((totals as Total[]).filter(({ documents }) => documents !== 0)) };
}

const sorted = <T extends object>(rows: T[]): T[] =>
  rows.map((row) => ({ ...row })).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

type Step =
  | { do: 'save'; conversation: number; user: string | undefined; author: string | undefined; words: string[] }
  | { do: 'edit'; at: number; words: string[] }
  | { do: 'delete' | 'restore' | 'purge'; at: number }
  | { do: 'clear' | 'remove'; conversation: number }
  | { do: 'fold' };

const words = fc.array(fc.constantFrom(...WORDS), { maxLength: 4 });
const at = fc.nat(30);
const conversation = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('save' as const),
      conversation,
      user: fc.constantFrom(undefined, 'ann', 'bob'),
      author: fc.constantFrom(undefined, 'Ann', 'Bob Smith'),
      words,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('edit' as const), at, words }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'restore' as const, 'purge' as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('clear' as const, 'remove' as const), conversation }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('fold' as const) }) },
);

/** Does a step; what cannot be done at the time (an edit of a deleted message) is refused and changes nothing. */
async function take(step: Step, store: Store, folder: CorpusFolder, tenantId: string, ids: string[]): Promise<void> {
  const key = 'conversation' in step ? `key-${step.conversation}` : '';
  if (step.do === 'save') {
    const message = { role: 'user' as const, content: step.words.join(' ') || '…', author: step.author };
    const turn = { conversationKey: key, user: step.user, messages: [message, { role: 'assistant' as const, content: 'museum' }] };
    ids.push(...(await store.turns.save(turn)).messages.map(({ id }) => id));
  } else if (step.do === 'fold') await folder.fold(tenantId);
  else if ('conversation' in step) {
    const { items } = await store.conversations.list({}, { limit: 50 });
    const found = items.find(({ conversationKey }) => conversationKey === key);
    if (found) await store.conversations.remove(found.id, { keepRecord: step.do === 'clear', dryRun: false });
  } else {
    const id = ids[step.at % Math.max(ids.length, 1)];
    if (id === undefined) return;
    const refused = () => undefined;
    if (step.do === 'edit') await store.messages.edit(id, { content: step.words.join(' ') || '…' }).catch(refused);
    if (step.do === 'delete') await store.messages.softDelete(id).catch(refused);
    if (step.do === 'restore') await store.messages.restore(id).catch(refused);
    if (step.do === 'purge') await store.messages.purge(id).catch(refused);
  }
}

describeEngines('statistics of words', (engine) => {
  it('equal a count of everything after any history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        const tenantId = await engine.freshTenant();
        const store = await storeFor(engine.db, { tenantId, clock });
        const folder = new CorpusFolder(engine.db, clock);
        const ids: string[] = [];
        for (const step of steps) await take(step, store, folder, tenantId, ids);
        await folder.foldAll(tenantId);
        expect(await kept(engine, tenantId)).toEqual(await recount(engine, tenantId));
        expect((await folder.verify(tenantId)).wrong).toBe(0);
        await folder.rebuild(tenantId);
        expect(await kept(engine, tenantId)).toEqual(await recount(engine, tenantId));
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('are told right from wrong without being counted first, and made anew', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId, clock });
    const folder = new CorpusFolder(engine.db, clock);
    const save = (content: string) => store.turns.save({ user: 'ann', messages: [{ role: 'user', content }] });
    await save('garden museum');
    await folder.foldAll(tenantId);
    const { messages } = await save('garden harbour');
    await store.messages.softDelete(messages[0]!.id);
    await save('garden recipe');
    expect(await folder.verify(tenantId)).toMatchObject({ waiting: 1, wrong: 0 });
    await engine.models.CorpusTerm.update({ documents: 7 }, { where: { tenantId, lexeme: 'museum' } });
    await engine.models.CorpusTotal.update({ documents: 9 }, { where: { tenantId, source: 'message' } });
    expect(await folder.verify(tenantId)).toMatchObject({ wrong: 4 });
    await folder.rebuild(tenantId);
    expect(await folder.verify(tenantId)).toMatchObject({ waiting: 0, wrong: 0 });
    expect(await kept(engine, tenantId)).toEqual(await recount(engine, tenantId));
  });

  it('keep no word of what was removed for good', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId, clock });
    const folder = new CorpusFolder(engine.db, clock);
    const { messages } = await store.turns.save({ messages: [{ role: 'user', content: 'the secret zeppelin' }] });
    await folder.foldAll(tenantId);
    await store.messages.purge(messages[0]!.id);
    await folder.foldAll(tenantId);
    expect(await engine.models.CorpusTerm.count({ where: { tenantId } })).toBe(0);
    expect(await engine.models.CorpusChange.count({ where: { tenantId } })).toBe(0);
  });

  it('follow a conversation that gets its user late', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId, clock });
    const folder = new CorpusFolder(engine.db, clock);
    const save = (content: string, user?: string) =>
      store.turns.save({ conversationKey: 'k', user, messages: [{ role: 'user', content, author: 'Ann' }] });
    await save('garden');
    await folder.foldAll(tenantId);
    await save('museum');
    await save('harbour', 'ann');
    await folder.foldAll(tenantId);
    const user = await engine.models.User.findOne({ where: { tenantId, externalId: 'ann' }, rejectOnEmpty: true });
    const own = await engine.models.CorpusTerm.findAll({ where: { tenantId, scopeId: user.id }, raw: true });
    expect(own.map(({ lexeme, documents }) => [lexeme, documents]).sort()).toEqual([
      ['author ann', 3],
      ['garden', 1],
      ['harbour', 1],
      ['museum', 1],
    ]);
  });
});
