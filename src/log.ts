import { destination, type Level, type Logger, pino } from 'pino';

export type Log = Logger;
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes JSON lines to stderr, always: stdout belongs to the protocol. */
export const createLog = (level: LogLevel): Log =>
  pino({ level: level as Level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true }));
