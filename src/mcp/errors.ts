import { randomUUID } from 'node:crypto';
import { type CallToolResult, ProtocolError, ProtocolErrorCode, type ServerContext } from '@modelcontextprotocol/server';
import { toAppError } from '../db/pg-errors.js';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';

/**
 * What a caller may read of an error. The details of an internal one go to the log under a reference that the caller sees too,
 * and the id of the request where there is one.
 */
export function publicError(error: unknown, log: Log, { http }: Pick<ServerContext, 'http'>, what: Record<string, unknown>): AppError {
  const known = toAppError(error);
  const requestId = http?.authInfo?.extra?.requestId;
  const call = requestId === undefined ? what : { ...what, requestId };
  if (known.code !== 'internal') {
    if (known.cause !== undefined) log.warn({ ...call, code: known.code, err: known.cause }, known.message);
    return known;
  }
  const reference = randomUUID().slice(0, 8);
  log.error({ ...call, reference, err: known.cause ?? error }, 'call failed');
  return new AppError('internal', `The server could not do this (reference ${reference}).`, {
    hint: 'Try once more; if it fails again, the server log tells why under this reference.',
  });
}

const sentence = ({ code, message, hint }: AppError): string => `${code}: ${message}${hint ? ` ${hint}` : ''}`;

/** A tool that fails still answers: the model reads the text and tries again. */
export const toToolError = (error: AppError): CallToolResult => ({
  isError: true,
  content: [{ type: 'text', text: sentence(error) }],
});

/** Where there is no result to carry an error it is one of the protocol; one that the caller can mend is a bad parameter. */
export const toProtocolError = (error: AppError, data?: Record<string, unknown>): ProtocolError =>
  new ProtocolError(error.status < 500 ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError, sentence(error), data);

export const invalidParams = (message: string, data?: Record<string, unknown>): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, message, data);
