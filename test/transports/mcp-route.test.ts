import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import { describe, expect, it } from 'vitest';
import type { Handler } from '../../src/transports/http/answers.js';
import { handInTurn, isForMcp } from '../../src/transports/http/mcp-route.js';

const NEAR = '10.0.0.1';
const TOLD = [
  undefined,
  '',
  '203.0.113.7',
  '203.0.113.7, 10.0.0.2',
  ' 198.51.100.1 ,203.0.113.7,, 10.0.0.2',
  '10.0.0.3,10.0.0.2',
  'nonsense',
];
const TRUSTED = [false, true, 1, 2, '10.0.0.0/8', '203.0.113.7', 'loopback'];

describe('a request for /mcp', () => {
  it.each(TRUSTED)('comes from where Express says: %j is trusted', (trusted) => {
    const web = express();
    web.set('trust proxy', trusted);
    for (const told of TOLD) {
      const came = { url: '/mcp', socket: { remoteAddress: NEAR }, headers: told === undefined ? {} : { 'x-forwarded-for': told } };
      const theirs = Object.assign(Object.create(web.request), came) as { ip?: string };
      const ours: unknown[] = [];
      const route = handInTurn([(req) => void ours.push(req.ip)], fail, web.get('trust proxy fn'));
      route({ ...came } as unknown as IncomingMessage, {} as ServerResponse);
      expect(ours, told).toEqual([theirs.ip]);
    }
  });

  it.each<[string, Handler]>([
    [
      'thrown',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejected', () => Promise.reject(new Error('broken'))],
    ['handed on', (_req, _res, next) => next(new Error('broken'))],
  ])('goes no further after an error that was %s', async (_how, broken) => {
    const went: string[] = [];
    const handlers: Handler[] = [(_req, _res, next) => next(), broken, () => void went.push('further')];
    const route = handInTurn(
      handlers,
      (error) => void went.push(String(error)),
      () => false,
    );
    route({ url: '/mcp', socket: {}, headers: {} } as unknown as IncomingMessage, {} as ServerResponse);
    await expect.poll(() => went).toEqual(['Error: broken']);
  });

  it('is told by its path', () => {
    const paths = ['/mcp', '/mcp?a=/b', '/mcp/', '/MCP', '/mcpx', '/', '/oauth?/mcp'];
    expect(paths.filter((url) => isForMcp({ url } as IncomingMessage))).toEqual(['/mcp', '/mcp?a=/b']);
  });
});

const fail = (error: unknown): void => {
  throw error;
};
