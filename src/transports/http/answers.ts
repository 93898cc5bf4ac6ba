import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthInfo } from '@modelcontextprotocol/server';
import type { Session } from '../../mcp/session.js';
import type { Identity } from '../../principal.js';

/** Who a request comes from. */
export type Caller = Readonly<{
  identity: Identity;
  /** Tells callers apart: sessions, streams and rates belong to one. The same after a token was renewed. */
  owner: string;
  session: Session;
  /** Rejects once the credential is no longer good: streams outlive the request that opened them. */
  check(): Promise<unknown>;
}>;

/** What is known of a request while it is answered. */
export type Locals = { requestId: string; caller?: Caller; rpc?: string; tool?: string; stream?: true };
/** What Express and our own route have in common. */
export type HttpRequest = IncomingMessage & { method: string; originalUrl: string; ip?: string | undefined; body?: unknown };
export type HttpResponse = ServerResponse & { locals: Locals };
export type Next = (error?: unknown) => void;
export type Handler = (req: HttpRequest, res: HttpResponse, next: Next) => Promise<void> | void;

/** A server's own errors; the SDK uses the same numbers. */
const REFUSED = -32_000;
export const SESSION_NOT_FOUND = -32_001;
export const PARSE_ERROR = -32_700;
export const INTERNAL_ERROR = -32_603;

export function sendJson(res: HttpResponse, status: number, body: object): void {
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.end(JSON.stringify(body));
}

type Refusal = { code?: number; id?: unknown /** In seconds. */; retryAfter?: number };

/** Answers a request that never became a call. */
export function refuse(res: HttpResponse, status: number, message: string, { code = REFUSED, id = null, retryAfter }: Refusal = {}): void {
  if (res.headersSent || res.destroyed) return;
  if (retryAfter !== undefined) res.setHeader('Retry-After', Math.max(1, Math.ceil(retryAfter)));
  sendJson(res, status, { jsonrpc: '2.0', error: { code, message }, id });
}

/** The id of a request, to be repeated in its answer. */
export function idOf(body: unknown): string | number | null {
  const { method, id } = (body ?? {}) as { method?: unknown; id?: unknown };
  return typeof method === 'string' && (typeof id === 'string' || typeof id === 'number') ? id : null;
}

export const callerOf = (res: HttpResponse): Caller => {
  if (!res.locals.caller) throw new Error('Nobody was asked who they are.');
  return res.locals.caller;
};

/** What the SDK hands on to whoever answers a call: who asks, and under which id the log has it. */
export function authOf(res: HttpResponse): AuthInfo & { extra: { caller: Caller; requestId: string } } {
  const caller = callerOf(res);
  const { clientId, credentialId, principal } = caller.identity;
  const extra = { caller, requestId: res.locals.requestId };
  return { token: '', clientId: clientId ?? credentialId, scopes: [...principal.scopes], extra };
}
