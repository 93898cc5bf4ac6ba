import type { Origin } from './data-dir.js';
import type { Durability } from './pglite-engine.js';

/** What the engine's thread is started with. It listens at once and opens nothing before it is told to. */
export type WorkerInput = Readonly<{
  dataDir: string;
  socketCandidates: readonly string[];
  templateFile: string | null;
  durability: Durability;
}>;

export type ToWorker = 'open' | 'close';

export type FromWorker =
  | { type: 'listening'; socketPath: string }
  | { type: 'open'; origin: Origin; milliseconds: number }
  | { type: 'failed'; message: string; hint: string | undefined; detail: string };
