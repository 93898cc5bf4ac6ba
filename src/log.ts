import { type DestinationStream, destination, type Level, type Logger, pino } from 'pino';

export type Log = Logger;
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Writes JSON lines to stderr, always: stdout belongs to the protocol. `gather` is for a server that writes one for each
 * request: then they are written several at a time, in their order, soon, at once with a warning, and before the process ends.
 */
export const createLog = (level: LogLevel, gather = false): Log =>
  pino(
    { level: level as Level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    gather ? gathering() : destination({ fd: 2, sync: true }),
  );

const GATHERED_BYTES = 8 * 1024;
const GATHERED_MS = 100;

function gathering(): DestinationStream & { lastLevel: number } {
  const stream = destination({ fd: 2, sync: true, minLength: GATHERED_BYTES });
  let waiting: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(waiting);
    waiting = undefined;
    stream.flushSync();
  };
  // Also comes after an error that nobody caught.
  process.once('exit', flush);
  return {
    // Has pino say the level of each line before it is written.
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line) {
      stream.write(line);
      if (this.lastLevel >= pino.levels.values.warn!) flush();
      else waiting ??= setTimeout(flush, GATHERED_MS).unref();
    },
  } as DestinationStream & { lastLevel: number };
}
