import { AsyncLocalStorage } from 'node:async_hooks';
import { destination, type Level, type Logger, pino } from 'pino';

export type Log = Logger;
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What every line is to carry that is written while a piece of work runs: the id of the request it is done for. */
export const logContext = new AsyncLocalStorage<Readonly<Record<string, unknown>>>();

/** Writes JSON lines to stderr, always: stdout belongs to the protocol. */
export const createLog = (level: LogLevel): Log =>
  pino(
    { level: level as Level, base: null, timestamp: pino.stdTimeFunctions.isoTime, mixin: () => ({ ...logContext.getStore() }) },
    destination({ fd: 2, sync: true }),
  );
