import { codeOf } from '../db/pg-errors.js';
import { AppError, invalidInput } from '../errors.js';
import { type ErasureBatch, type ErasureCounts, type Person, sumOf } from '../repository/erasure/erasure.js';
import type { Store } from '../repository/store.js';

export type ErasureReceipt = {
  user: string;
  /** Removed rows by table. After an interrupted run it counts what that one had left. */
  removed: ErasureCounts;
  /** Places in what others have that named something removed as evidence, and do not any more. */
  citations: number;
  /** Conversations under legal hold that the person is in. */
  held: string[];
  dryRun: boolean;
};

export type ErasureOptions = {
  dryRun: boolean;
  /** External id of the person, to say that it is meant; needed unless it is a dry run. */
  confirm?: string | undefined;
  ignoreHolds?: boolean | undefined;
  /** Called when the person's access is gone: who let them in before must not any more. */
  accessGone?: (() => Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
  progress?: ((removed: ErasureCounts) => void) | undefined;
};

/** Somebody goes on writing for a person who is being erased: so often we begin again. */
const ROUNDS = 5;
const HELD_SHOWN = 20;
const REFERENCED = '23503';

/**
 * Removes every trace of a person. Access goes first, so that nobody comes in as them any more, then what they said and what is
 * remembered of it, a batch at a time, and the row they are known by last: as long as it is there, a run that was interrupted can
 * be taken up again.
 */
export async function erasePerson(store: Store, user: string | undefined, options: ErasureOptions): Promise<ErasureReceipt> {
  const { dryRun, confirm, ignoreHolds = false } = options;
  const person = await store.erasure.find(user);
  if (ignoreHolds && !(['admin', 'system'].includes(store.principal.role) && store.principal.user === null))
    throw new AppError('forbidden', 'Only an administrator may erase what is under legal hold.', { hint: 'Leave ignore_legal_hold out.' });
  const held = (await store.erasure.holds(person)).filter(({ own }) => own || store.principal.user === null).map(({ id }) => id);
  const receipt = { user: person.externalId, held };
  if (dryRun) return { ...receipt, removed: onlySome(await store.erasure.count(person)), citations: 0, dryRun };
  if (confirm !== person.externalId) {
    throw invalidInput(
      `Nothing was erased: confirm must be the external id of the person, ${JSON.stringify(person.externalId)}.`,
      'Look at what would go with dry_run: true first.',
    );
  }
  await assertFree(store, person, ignoreHolds);
  const { citations = 0, ...removed } = await carryOut(store, person, options);
  return { ...receipt, removed: onlySome(removed), citations, dryRun };
}

async function carryOut(
  store: Store,
  person: Person,
  { ignoreHolds = false, accessGone, signal, progress }: ErasureOptions,
): Promise<ErasureCounts> {
  const { erasure } = store;
  let counts: ErasureCounts = {};
  const all = async (batch: () => Promise<ErasureBatch>): Promise<void> => {
    for (let more = true; more; ) {
      if (signal?.aborted) throw stopped();
      const done = await batch();
      counts = sumOf([counts, done.counts]);
      progress?.(counts);
      more = done.more;
    }
  };
  for (let round = 1; ; round += 1) {
    await all(() => erasure.access(person));
    await accessGone?.();
    await all(() => erasure.conversations(person, ignoreHolds));
    await all(() => erasure.messagesElsewhere(person, ignoreHolds));
    await all(() => erasure.memories(person));
    await all(() => erasure.nodes(person));
    await all(() => erasure.tasks(person));
    let place: Parameters<typeof erasure.events>[1] = ['0', '0'];
    await all(async () => {
      const batch = await erasure.events(person, place);
      place = batch.next;
      return batch;
    });
    // Until they are taken back, the words of what was removed wait where changes of the statistics do.
    await all(async () => ({ counts: {}, more: await store.recall.fold() }));
    try {
      await all(() => erasure.user(person));
      store.retire(person.id);
      return counts;
    } catch (error) {
      if (codeOf(error) !== REFERENCED || round === ROUNDS) throw error;
      await assertFree(store, person, ignoreHolds);
    }
  }
}

async function assertFree(store: Store, person: Person, ignoreHolds: boolean): Promise<void> {
  const held = ignoreHolds ? [] : await store.erasure.holds(person);
  if (held.length === 0) return;
  const own = held.filter((hold) => hold.own || store.principal.user === null).map(({ id }) => id);
  const shown = own.slice(0, HELD_SHOWN).join(', ');
  throw new AppError(
    'conflict',
    `${held.length} conversations that ${JSON.stringify(person.externalId)} is in are under legal hold${shown === '' ? '' : `: ${shown}`}${own.length > HELD_SHOWN ? ' and more' : ''}. They and what belongs to them stay.`,
    { hint: 'An administrator can lift the holds (update_conversation, legal_hold: false) or erase in spite of them.' },
  );
}

const stopped = (): AppError =>
  new AppError('unavailable', 'Erasing was stopped half-way. What is gone is gone.', { hint: 'Run it again: it goes on where it was.' });

const onlySome = (counts: ErasureCounts): ErasureCounts => Object.fromEntries(Object.entries(counts).filter(([, rows]) => rows > 0));
