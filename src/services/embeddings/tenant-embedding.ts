import { newId } from '../../ids.js';
import type { DueSubject, EmbeddingQueue, EventReading, SpaceProgress, SpaceRecord } from '../../repository/vectors/embedding-queue.js';
import type { VectorSource } from '../../repository/vectors/vectors.js';
import type { Embedder } from './embedder.js';

/** What became of one round of work. `busy`: another process does it. */
export type Outcome = 'done' | 'busy' | 'stopped';

/** Messages looked at with one statement. */
const PAGE = 256;
/** Subjects of other kinds that are taken up at one time. */
const DUE = 64;
/** Whoever dies holding a space is missed after this. */
const CLAIM_SECONDS = 15;
const RECLAIM_MS = 5_000;
/** Whether there is room for an index is looked at after so many vectors. */
const INDEX_EVERY = 250;
/** The events leave nothing out; the walk over everything is for what never had one, and for logs that were cut. */
const NEXT_WALK_SECONDS = 24 * 3600;
/** What was refused is tried again with this walk. */
const RETRY_SECONDS = 3600;

/** Brings one tenant up to date with one model. Every step is small, committed by itself, and may be cut off anywhere. */
export class TenantEmbedding {
  readonly #queue: EmbeddingQueue;
  readonly #signal: AbortSignal;
  readonly #saved: (count: number) => void;
  readonly #worker = newId();
  #sinceIndex = 0;
  #reading: EventReading | undefined;
  readonly #refused = new Map<string, { version: string; until: number }>();

  constructor(queue: EmbeddingQueue, signal: AbortSignal, saved: (count: number) => void = () => {}) {
    this.#queue = queue;
    this.#signal = signal;
    this.#saved = saved;
  }

  /**
   * Works until nothing is due. Throws `ProviderDown` when the provider does not work. Without `walking` only what changes is
   * followed: that is for an earlier model, which has the rest.
   */
  async run(space: SpaceRecord, embedder: Embedder, { walking }: { walking: boolean }): Promise<Outcome> {
    this.#reading = undefined;
    // A provider may take longer for one batch than a claim lasts.
    const claiming = setInterval(
      () => void this.#queue.claim(space, this.#worker, CLAIM_SECONDS).catch(() => undefined),
      RECLAIM_MS,
    ).unref();
    try {
      for (;;) {
        const progress = await this.#queue.claim(space, this.#worker, CLAIM_SECONDS);
        if (!progress) return 'busy';
        if (this.#signal.aborted) return 'stopped';
        const more =
          (await this.#step(space, embedder, progress)) || (walking && progress.walking && (await this.#walk(space, embedder, progress)));
        if (this.#sinceIndex >= INDEX_EVERY) {
          this.#sinceIndex = 0;
          await this.#queue.ensureIndexes(space);
        }
        if (!more) return 'done';
      }
    } finally {
      clearInterval(claiming);
      await this.#queue.release(space, this.#worker).catch(() => undefined);
    }
  }

  /** What is new comes before what is old. Answers whether there was anything. */
  async #step(space: SpaceRecord, embedder: Embedder, progress: SpaceProgress): Promise<boolean> {
    if (await this.#follow(space, embedder, progress)) return true;
    for (const source of ['memory', 'node'] as const) {
      const subjects = await this.#queue.due(source, space, [...this.#stillRefused().keys()], DUE);
      if (subjects.length === 0) continue;
      await this.#embed(source, space, embedder, subjects);
      return true;
    }
    return false;
  }

  /** Reads the events page by page; only their end is written down, so whoever dies on the way leaves nothing out. */
  async #follow(space: SpaceRecord, embedder: Embedder, { seen }: SpaceProgress): Promise<boolean> {
    const reading: EventReading = this.#reading?.seen === seen ? this.#reading : { seen, upto: null, xactId: '0', eventSeq: '0' };
    const { due, passed, upto, xactId, eventSeq } = await this.#queue.changed(space, reading, PAGE);
    await this.#embed('message', space, embedder, due);
    this.#reading = passed === PAGE ? { seen, upto, xactId: xactId!, eventSeq: eventSeq! } : undefined;
    if (passed < PAGE && (passed > 0 || reading.upto !== null)) await this.#queue.saw(space, upto);
    return passed > 0;
  }

  async #walk(space: SpaceRecord, embedder: Embedder, { walkAfter }: SpaceProgress): Promise<boolean> {
    const { due, last } = await this.#queue.older(space, walkAfter, PAGE);
    if (last === null) {
      await this.#queue.finishWalk(space, this.#stillRefused().size > 0 ? RETRY_SECONDS : NEXT_WALK_SECONDS);
      return true;
    }
    await this.#embed('message', space, embedder, due);
    await this.#queue.walkedTo(space, last);
    return true;
  }

  async #embed(source: VectorSource, space: SpaceRecord, embedder: Embedder, due: readonly DueSubject[]): Promise<void> {
    const refused = this.#stillRefused();
    const wanted = due.filter(({ id, version }) => refused.get(id)?.version !== version);
    for (let at = 0; at < wanted.length && !this.#signal.aborted; at += embedder.batch) {
      const batch = wanted.slice(at, at + embedder.batch);
      const vectors = await embedder.documents(batch.map(({ text }) => text));
      const rows = batch.flatMap((subject, place) => {
        const vector = vectors[place];
        if (vector) return [{ ...subject, vector }];
        this.#refused.set(subject.id, { version: subject.version, until: performance.now() + RETRY_SECONDS * 1000 });
        return [];
      });
      const count = await this.#queue.save(source, space, rows);
      this.#sinceIndex += count;
      this.#saved(count);
    }
    // Going on would move past what was not embedded.
    this.#signal.throwIfAborted();
  }

  #stillRefused(): ReadonlyMap<string, { version: string }> {
    const now = performance.now();
    for (const [id, { until }] of this.#refused) if (until < now) this.#refused.delete(id);
    return this.#refused;
  }
}
