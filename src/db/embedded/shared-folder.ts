import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../errors.js';
import type { Log } from '../../log.js';
import { EngineThread } from './engine-thread.js';
import { folderError, folderGone } from './folder-error.js';
import { type LeaderLock, tryLeaderLock } from './leader-lock.js';
import { claimOwnership, currentOwner, type Ownership } from './owner.js';
import type { Durability } from './pglite-engine.js';
import { probe, socketCandidates, socketTo } from './socket-path.js';

const GIVE_UP_AFTER_MS = 20_000;

type Leading = { thread: EngineThread; lock: LeaderLock; ownership: Ownership };
export type FolderOptions = Readonly<{ dataDir: string; durability: Durability; templateFile: string | null }>;

/**
 * A data folder that any number of processes use at once. One of them leads: it holds the kernel's lock and runs the engine in
 * a thread that serves a socket. All of them, the leader's own main thread too, are ordinary clients of that socket.
 *
 * Whoever needs a connection asks in this order: am I the leader? does the owner's socket answer? (then follow) can I have the
 * lock? (then lead). Neither means that somebody is just becoming the leader or just going: ask again. When a leader ends,
 * however it ends, its connections break, and the next process that needs one finds the lock free.
 */
export class SharedFolder {
  readonly #options: FolderOptions;
  readonly #log: Log;
  #leading: Leading | undefined;
  #socketPath = '';
  #settling: Promise<void> | undefined;
  #closed = false;

  constructor(options: FolderOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  get role(): 'leader' | 'follower' {
    return this.#leading ? 'leader' : 'follower';
  }

  /** Settles who leads; afterwards `connect` reaches an engine. */
  ready(): Promise<void> {
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined;
    });
    return this.#settling;
  }

  /** A socket for the driver; it connects to whoever leads when the driver asks it to. */
  socket(): Socket {
    return socketTo(() => this.#socketPath);
  }

  /** The leader closes the engine in order and lets another process lead; a follower has nothing to close. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#settling?.catch(() => undefined);
    const leading = this.#leading;
    this.#leading = undefined;
    if (!leading) return;
    await leading.thread.close();
    leading.ownership.close();
    await leading.lock.release();
  }

  async #settle(): Promise<void> {
    const deadline = performance.now() + GIVE_UP_AFTER_MS;
    while (performance.now() < deadline) {
      if (this.#closed) throw new AppError('unavailable', 'The database is closed.');
      if (this.#leading) return;
      if (!existsSync(this.#options.dataDir)) throw folderGone(this.#options.dataDir);
      const owner = currentOwner(this.#options.dataDir);
      if (owner && (await probe(owner.socketPath)) === 'listening') {
        this.#socketPath = owner.socketPath;
        return;
      }
      const lock = await tryLeaderLock(this.#options.dataDir);
      if (lock && (await this.#lead(lock))) return;
      await sleep(15 + Math.random() * 30);
    }
    throw new AppError('unavailable', `The data folder ${this.#options.dataDir} is held by another process that does not answer.`, {
      hint: 'Close other programs that use it, or run `recollect doctor`.',
    });
  }

  async #lead(lock: LeaderLock): Promise<boolean> {
    const { dataDir } = this.#options;
    const thread = new EngineThread({ ...this.#options, socketCandidates: socketCandidates(dataDir) }, this.#log);
    let ownership: Ownership | null = null;
    try {
      this.#socketPath = await thread.listening();
      ownership = await claimOwnership(dataDir, this.#socketPath);
      if (!ownership) {
        await thread.kill();
        await lock.release();
        return false;
      }
      const opened = await thread.open();
      this.#leading = { thread, lock, ownership };
      void thread.ended.then(() => this.#lost(thread));
      this.#log.info({ dataDir, origin: opened.origin, milliseconds: opened.milliseconds }, 'leading the data folder');
      return true;
    } catch (error) {
      await thread.kill();
      ownership?.close();
      await lock.release();
      throw folderError(dataDir, error);
    }
  }

  /** The engine's thread ended by itself: give up the lead, so that the next connection opens the folder again, here or elsewhere. */
  #lost(thread: EngineThread): void {
    const leading = this.#leading;
    if (leading?.thread !== thread) return;
    this.#leading = undefined;
    this.#log.error('the embedded engine ended unexpectedly; it will be opened again');
    void leading.lock.release();
  }
}
