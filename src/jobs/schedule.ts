import type { ScheduledTask } from 'node-cron';
import type { Log } from '../log.js';

type Cron = typeof import('node-cron');

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Nobody asks what was due before that. */
const HORIZON_MS = 366 * 24 * 60 * MINUTE;
/** All time zones are so many minutes apart from each other, or a multiple. */
const ZONE_STEP = 15;

export type ScheduleOptions = Readonly<{
  name: string;
  expression: string;
  timeZone: string;
  /** A tick comes up to so much late, at random, so that servers do not all come at once. */
  jitterMs: number;
  log: Log;
  /** Called at every due time while the schedule is started, and not again before it has come back. */
  tick(): Promise<void>;
}>;

/** When a job is due. Expressions are node-cron's, and so are the ticks; which due time was the last one is asked with any clock. */
export class Schedule {
  readonly #task: ScheduledTask;
  readonly #seconds: readonly number[];
  readonly #minutes: ReadonlySet<number>;

  constructor(cron: Cron, { name, expression, timeZone, jitterMs, log, tick }: ScheduleOptions) {
    const { second, minute } = cron.parse(expression);
    this.#seconds = [...second].sort((a, b) => b - a);
    this.#minutes = new Set(minute.flatMap((due) => Array.from({ length: 60 / ZONE_STEP }, (_, zone) => (due + zone * ZONE_STEP) % 60)));
    // Whoever asks for seconds means them.
    const exact = second.length > 1;
    this.#task = cron.createTask(expression, tick, {
      name,
      timezone: timeZone,
      noOverlap: true,
      maxRandomDelay: exact ? 0 : jitterMs,
      unref: true,
      suppressMissedWarning: true,
      // What node-cron has to say is of no use to an operator; its own logger writes to stdout.
      logger: {
        info: (message) => log.trace({ job: name }, message),
        warn: (message) => log.debug({ job: name }, message),
        debug: (message) => log.trace({ job: name }, String(message)),
        error: (message, error) => log.warn({ job: name, err: error ?? message }, 'a schedule failed'),
      },
    });
  }

  /** The last due time after one moment and up to another; null when there was none. */
  latest(after: Date, upTo: Date): Date | null {
    const first = Math.max(after.getTime(), upTo.getTime() - HORIZON_MS);
    for (let minute = Math.floor(upTo.getTime() / MINUTE) * MINUTE; minute + MINUTE > first; minute -= MINUTE) {
      // node-cron takes its time for a moment, so that it is only asked about minutes that may be due in some time zone.
      if (!this.#minutes.has(new Date(minute).getUTCMinutes())) continue;
      for (const second of this.#seconds) {
        const moment = new Date(minute + second * SECOND);
        if (moment.getTime() > first && moment <= upTo && this.#task.match(moment)) return moment;
      }
    }
    return null;
  }

  /** The next due time from now; null for an expression that never comes. */
  next(): Date | null {
    return this.#task.getNextRuns(1)[0] ?? null;
  }

  start(): void {
    void this.#task.start();
  }

  stop(): void {
    void this.#task.destroy();
  }
}
