import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { App } from '../../app.js';
import { AppError } from '../../errors.js';
import type { Handler, HttpRequest, HttpResponse } from './answers.js';
import { INTERNAL_ERROR, PARSE_ERROR, refuse } from './answers.js';
import { guardHost, guardOrigin, type Reach } from './guards.js';
import type { Health } from './health.js';
import type { McpEndpoint } from './mcp-endpoint.js';
import { handInTurn, isForMcp } from './mcp-route.js';
import type { Traffic } from './traffic.js';

type Parts = Readonly<{
  app: App;
  reach: Reach;
  traffic: Traffic;
  health: Health;
  endpoint: McpEndpoint;
  signIn: Handler;
  /** Pages and metadata for signing in, where there are any. */
  pages: RequestHandler | undefined;
}>;

/** Puts the parts in the order a request meets them. What is asked for most goes around Express. */
export function createWeb({ app, reach, traffic, health, endpoint, signIn, pages }: Parts): RequestListener {
  const { trustProxy } = app.config;
  const web = express();
  web.disable('x-powered-by');
  web.set('etag', false);
  web.set('trust proxy', /^\d+$/.test(trustProxy[0] ?? '') ? Number(trustProxy[0]) : trustProxy.length > 0 && [...trustProxy]);
  const ofHost = guardHost(reach);
  const mcp = [ofHost, guardOrigin(reach), signIn, endpoint.checkKind, endpoint.readBody, endpoint.handle];
  const failed = answerErrors(app);
  web.use(traffic.handle as unknown as RequestHandler);
  // As it is seldom spelled: `/mcp/`, `/MCP`.
  web.all('/mcp', ...(mcp as unknown as RequestHandler[]));
  web.use(health.router);
  web.use(ofHost as unknown as RequestHandler);
  if (pages) web.use(pages);
  web.use((_req, res) => refuse(res as unknown as HttpResponse, 404, 'There is nothing here. MCP clients go to /mcp.'));
  web.use(((error, req, res, _next) =>
    failed(error, req as unknown as HttpRequest, res as unknown as HttpResponse)) as ErrorRequestHandler);
  const toMcp = handInTurn([traffic.handle, ...mcp], failed, web.get('trust proxy fn'));
  return (req, res) => (isForMcp(req) ? toMcp(req, res) : web(req, res));
}

/** What a body parser found wrong, by its name for it. */
const BODY_PROBLEMS: Readonly<Record<string, { status: number; message: string; code?: number }>> = {
  'entity.parse.failed': { status: 400, code: PARSE_ERROR, message: 'The request is no JSON.' },
  'encoding.unsupported': { status: 415, message: 'The Content-Encoding of the request is not known.' },
  'charset.unsupported': { status: 415, message: 'The request must be in UTF-8.' },
  'request.size.invalid': { status: 400, message: 'The request is not as long as it says.' },
  'request.aborted': { status: 400, message: 'The request broke off.' },
};

function answerErrors({ config, log, metrics }: App): (error: unknown, req: HttpRequest, res: HttpResponse) => void {
  return (error, _req, res) => {
    const { type = '' } = (error ?? {}) as { type?: string };
    if (type === 'entity.too.large') {
      metrics?.requestRefused('size');
      // What is still to come of it is not worth reading.
      res.setHeader('Connection', 'close');
      return refuse(
        res,
        413,
        `The request is larger than ${config.maxBodyBytes} bytes. Send it in parts; long texts are best stored turn by turn.`,
      );
    }
    const problem = BODY_PROBLEMS[type];
    if (problem) return refuse(res, problem.status, problem.message, problem.code === undefined ? {} : { code: problem.code });
    if (error instanceof AppError && error.code !== 'internal') {
      if (error.cause !== undefined) log.warn({ requestId: res.locals.requestId, err: error.cause }, error.message);
      const retryAfter = error.code === 'unavailable' || error.code === 'quota_exceeded' ? 5 : undefined;
      return refuse(
        res,
        error.status,
        `${error.message}${error.hint ? ` ${error.hint}` : ''}`,
        retryAfter === undefined ? {} : { retryAfter },
      );
    }
    log.error({ requestId: res.locals.requestId, err: error }, 'request failed');
    if (res.headersSent) return void res.destroy();
    refuse(res, 500, `The server could not do this (request ${res.locals.requestId}).`, { code: INTERNAL_ERROR });
  };
}
