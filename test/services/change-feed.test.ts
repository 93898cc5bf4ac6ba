import { afterEach, expect, it } from 'vitest';
import { createLog } from '../../src/log.js';
import { ChangeSource } from '../../src/repository/change-source.js';
import type { Store } from '../../src/repository/store.js';
import { ChangeFeed } from '../../src/services/change-feed.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const log = createLog('error');
const never = new AbortController().signal;

const save = (store: Store, conversationId?: string) =>
  store.turns.save({ conversationId, messages: [{ role: 'user', content: 'x' }] }).then((receipt) => receipt.conversationId);

/** Counts calls and lets a test wait for the next one. */
function spy() {
  const told: (() => void)[] = [];
  const state = { calls: 0 };
  const handler = () => {
    state.calls += 1;
    for (const tell of told.splice(0)) tell();
  };
  return { handler, state, next: () => new Promise<void>((resolve) => told.push(resolve)) };
}

function signal() {
  let give: () => void = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { give: () => give(), given };
}

describeEngines('changes of conversations', (engine) => {
  const feeds: ChangeFeed[] = [];
  const open = () => {
    const feed = new ChangeFeed(async () => new ChangeSource(engine.db), log);
    feeds.push(feed);
    return feed;
  };
  afterEach(async () => {
    await Promise.all(feeds.splice(0).map((feed) => feed.close()));
  });

  it('are reported once, to whoever asked for that conversation', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId });
    const [mine, other] = [await save(store), await save(store)];
    const source = new ChangeSource(engine.db);
    const first = await source.changedSince(tenantId, null, [mine]);
    expect(first.changed).toEqual([]);
    await save(store, mine);
    await save(store, mine);
    await save(store, other);
    const second = await source.changedSince(tenantId, first.mark, [mine]);
    expect(second.changed).toEqual([mine]);
    expect((await source.changedSince(tenantId, second.mark, [mine])).changed).toEqual([]);
    expect((await source.changedSince(tenantId, second.mark, [])).changed).toEqual([]);
  });

  it('are not missed when a transaction that began earlier ends later', async ({ skip }) => {
    skip(!engine.db.capabilities.concurrentTransactions, 'one transaction at a time');
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId });
    const ids = [await save(store), await save(store)] as const;
    const source = new ChangeSource(engine.db);
    const { mark } = await source.changedSince(tenantId, null, ids);
    const [entered, released] = [signal(), signal()];
    const slow = store.transaction(async (inside) => {
      await save(inside, ids[0]);
      entered.give();
      await released.given;
    });
    await entered.given;
    await save(store, ids[1]);
    const between = await source.changedSince(tenantId, mark, ids);
    released.give();
    await slow;
    expect(between.changed).toEqual([ids[1]]);
    expect((await source.changedSince(tenantId, between.mark, ids)).changed).toEqual([ids[0]]);
  });

  it('reach a subscriber of another process at once through a hint', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId });
    const conversationId = await save(store);
    const [writer, reader] = [open(), open()];
    const { handler, next } = spy();
    await reader.subscribe(tenantId, conversationId, handler);
    // The first hint shows that listening has begun; the second one is timed.
    let told = next();
    await save(store, conversationId);
    writer.wrote(tenantId);
    await told;
    told = next();
    await save(store, conversationId);
    const before = performance.now();
    writer.wrote(tenantId);
    await told;
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it('reach a subscriber without any hint, later', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId });
    const conversationId = await save(store);
    const { handler, next } = spy();
    await open().subscribe(tenantId, conversationId, handler);
    const told = next();
    await save(store, conversationId);
    await told;
  });

  it('reach nobody who left, nor anybody for another conversation or tenant', async () => {
    const [tenantId, otherTenant] = [await engine.freshTenant(), await engine.freshTenant()];
    const [store, otherStore] = [await storeFor(engine.db, { tenantId }), await storeFor(engine.db, { tenantId: otherTenant })];
    const [conversationId, another] = [await save(store), await save(store)];
    const feed = open();
    const [left, other, stranger, stays] = [spy(), spy(), spy(), spy()];
    const leave = await feed.subscribe(tenantId, conversationId, left.handler);
    await feed.subscribe(tenantId, another, other.handler);
    await feed.subscribe(otherTenant, conversationId, stranger.handler);
    await feed.subscribe(tenantId, conversationId, stays.handler);
    leave();
    const told = stays.next();
    await save(store, conversationId);
    await save(otherStore);
    feed.wrote(tenantId);
    feed.wrote(otherTenant);
    await told;
    expect([left, other, stranger].map(({ state }) => state.calls)).toEqual([0, 0, 0]);
  });

  it('wake those who wait for any change of a tenant', async () => {
    const [tenantId, other] = [await engine.freshTenant(), await engine.freshTenant()];
    const [writer, reader] = [open(), open()];
    const woken = reader.waitFor(tenantId, never, 10_000);
    reader.wrote(other);
    writer.wrote(tenantId);
    await woken;
    const local = performance.now();
    const again = reader.waitFor(tenantId, never, 10_000);
    reader.wrote(tenantId);
    await again;
    expect(performance.now() - local).toBeLessThan(500);
  });

  it('let go whoever gives up, has waited long enough, or waits when everything is closed', async () => {
    const tenantId = await engine.freshTenant();
    const feed = open();
    const before = performance.now();
    await feed.waitFor(tenantId, AbortSignal.abort(), 10_000);
    const giveUp = new AbortController();
    const given = feed.waitFor(tenantId, giveUp.signal, 10_000);
    giveUp.abort();
    await given;
    await feed.waitFor(tenantId, never, 20);
    const last = feed.waitFor(tenantId, never, 10_000);
    await feed.close();
    await last;
    await feed.waitFor(tenantId, never, 10_000);
    expect(performance.now() - before).toBeLessThan(1_500);
  });

  it('cost nothing while nobody is subscribed', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId });
    const conversationId = await save(store);
    const asked: string[] = [];
    const source = new ChangeSource(engine.db);
    const counted = new ChangeFeed(
      async () => ({
        listen: (onHint) => source.listen(onHint),
        announce: (tenant) => source.announce(tenant),
        changedSince: (...query) => {
          asked.push(query[0]);
          return source.changedSince(...query);
        },
      }),
      log,
    );
    feeds.push(counted);
    counted.wrote(tenantId);
    expect(asked).toEqual([]);
    const leave = await counted.subscribe(tenantId, conversationId, () => {});
    expect(asked).toEqual([tenantId]);
    leave();
    counted.wrote(tenantId);
    const reader = open();
    await reader.waitFor(tenantId, never, 1_000);
    expect(asked).toEqual([tenantId]);
  });
});
