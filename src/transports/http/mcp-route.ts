import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler, HttpRequest, HttpResponse, Next } from './answers.js';

/** Whether the proxy at this address, so many hops away, is believed. */
type Trust = (address: string, hop: number) => boolean;

/** Whether the request is for `/mcp`, spelled as everybody spells it. */
export const isForMcp = ({ url }: IncomingMessage): boolean => url === '/mcp' || url?.startsWith('/mcp?') === true;

/**
 * Hands requests from one handler to the next, as Express does, and finds out where they come from by its rule. Express itself
 * gives each request and response another prototype, after which all that Node does with them is slow: twice what a bare
 * server takes for a call.
 */
export function handInTurn(
  handlers: readonly Handler[],
  failed: (error: unknown, req: HttpRequest, res: HttpResponse) => void,
  trust: Trust,
) {
  const handAt = (index: number, req: HttpRequest, res: HttpResponse): void => {
    const next: Next = (error) => (error === undefined ? handAt(index + 1, req, res) : failed(error, req, res));
    try {
      handlers[index]?.(req, res, next)?.catch((error: unknown) => failed(error, req, res));
    } catch (error) {
      failed(error, req, res);
    }
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    const req = request as HttpRequest;
    const res = response as HttpResponse;
    req.originalUrl = req.url ?? '';
    req.ip = addressOf(req, trust);
    res.locals = { requestId: '' };
    handAt(0, req, res);
  };
}

/** The nearest address that is not a trusted proxy's. */
function addressOf({ headers, socket }: IncomingMessage, trust: Trust): string | undefined {
  const near = socket.remoteAddress;
  const told = headers['x-forwarded-for'];
  if (told === undefined || near === undefined) return near;
  const chain = [near, ...String(told).split(',').reverse()].map((address) => address.trim()).filter(Boolean);
  return chain.find((address, hop) => !trust(address, hop)) ?? chain.at(-1);
}
