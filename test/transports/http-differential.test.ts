import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionOf } from '../../src/transports/session-of.js';
import { INITIALIZE, startHttp, type TestServer } from '../support/http-server.js';
import { save } from './contract.js';
import { createMemoryFolder, type MemoryFolder } from './memory-folder.js';
import { CALLS, CHANGES, LIMIT, type OddRequest, type Recipe, recipes, requestOf, SESSION } from './odd-requests.js';
import { bytesOf, exchange, type RawAnswer } from './raw-http.js';
import { type SdkServer, startSdkServer } from './sdk-server.js';

let folder: MemoryFolder;
let server: TestServer;
let sdk: SdkServer;
let key: string;

beforeAll(async () => {
  folder = await createMemoryFolder();
  server = await startHttp({ ...folder.env, RECOLLECT_MAX_BODY_BYTES: String(LIMIT), RECOLLECT_SESSIONS_MAX: '100000' });
  key = await server.key();
  const { principal } = await server.app.authenticator.authenticate(key);
  await using peer = await server.modern(key);
  await save(peer, { conversation_key: 'here' }, 'Good morning.');
  sdk = await startSdkServer(sessionOf(server.app, principal), LIMIT);
  ours = new Side(server.url);
  theirs = new Side(sdk.url);
});
afterAll(async () => {
  await sdk.close();
  await server.close();
  await folder[Symbol.asyncDispose]();
});

let ours: Side;
let theirs: Side;

/** One of the two servers, and the session that the requests are made in. */
class Side {
  readonly #url: string;
  #session: string | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async ask(request: OddRequest) {
    const session = await this.#begun();
    const headers = request.headers.map(([name, value]) => [name, value.replace(SESSION, session)] as const);
    const bytes = bytesOf({ ...request, headers: [...headers, ['Authorization', `Bearer ${key}`]] });
    const parts = request.cut ? [bytes.subarray(0, bytes.length - 20), bytes.subarray(bytes.length - 20)] : [bytes];
    const [answer] = await exchange(this.#url, parts, { withoutBody: request.method === 'GET' || request.method === 'HEAD' });
    if (request.method === 'DELETE') this.#session = undefined;
    return answer && told(answer, session);
  }

  async #begun(): Promise<string> {
    if (this.#session !== undefined) return this.#session;
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', Authorization: `Bearer ${key}` };
    const begun = await fetch(`${this.#url}/mcp`, { method: 'POST', headers, body: JSON.stringify(INITIALIZE) });
    await begun.text();
    this.#session = begun.headers.get('mcp-session-id')!;
    return this.#session;
  }
}

/** What of an answer means something to a client. */
function told({ status, headers, body }: RawAnswer, session: string) {
  const [type = '', id] = ['content-type', 'mcp-session-id'].map((name) => headers.get(name)?.[0]);
  const events = () => body.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice('data: '.length)] : []));
  const whole = body === '' ? [] : [body];
  const texts = type.startsWith('text/event-stream') ? events() : whole;
  return {
    status,
    allow: headers.get('allow')?.[0],
    session: id === undefined ? undefined : id === session ? 'the same' : 'new',
    messages: texts.map((text) => withoutWords(JSON.parse(text))),
  };
}

/** Errors are compared by code. Those that are ours have words of their own. */
const withoutWords = (message: { error?: { message: string } }) =>
  message.error ? { ...message, error: { ...message.error, message: '' } } : message;

/**
 * Both do the same, or both refuse: then for the same reason, unless there are several. Ours names the request where the SDK says
 * `null`, and tells of a key `__proto__`, which the SDK drops from arguments on the way.
 */
function agree(mine: Told, other: Told, { changes }: Recipe): boolean {
  if (isDeepStrictEqual(mine, other)) return true;
  if (!mine || !other) return false;
  if (mine.status >= 400 && other.status >= 400) return changes.length > 1 || isDeepStrictEqual(withoutIds(mine), withoutIds(other));
  return JSON.stringify(mine.messages).includes('a key cannot be named __proto__');
}

type Told = Awaited<ReturnType<Side['ask']>>;
const withoutIds = ({ messages, ...rest }: NonNullable<Told>) => ({
  ...rest,
  messages: messages.map((message) => ({ ...message, id: 0 })),
});

async function compare(recipe: Recipe): Promise<void> {
  const request = requestOf(recipe);
  const [mine, other] = [await ours.ask(request), await theirs.ask(request)];
  if (!agree(mine, other, recipe)) expect(mine, JSON.stringify(recipe)).toEqual(other);
}

describe('a request over HTTP is answered as the SDK alone would', () => {
  it.each(['2025', '2026'] as const)('%s: as it should be, and odd in one way', async (era) => {
    for (const call of Object.keys(CALLS)) await compare({ era, call, changes: [] });
    for (const change of Object.keys(CHANGES)) await compare({ era, call: 'history', changes: [change] });
  });

  it('odd in several ways', async () => {
    await fc.assert(fc.asyncProperty(recipes, compare), { numRuns: 150, seed: 20_260_728 });
  });
});
