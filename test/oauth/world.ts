import { createHash, randomBytes } from 'node:crypto';
import { onTestFinished, vi } from 'vitest';
import { type App, openApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { scopesOf } from '../../src/principal.js';
import type { AccountRole } from '../../src/repository/accounts/account-records.js';
import { HttpServer } from '../../src/transports/http/http-server.js';
import { type OAuthOptions, oauthRouter } from '../../src/transports/http/oauth/router.js';
import type { TestEngine } from '../support/engines.js';
import { meetingOf } from '../support/gate.js';
import { environmentFor } from '../support/http-server.js';
import { Browser, type Seen } from './browser.js';

export const PASSWORD = 'correct horse battery staple';
export const REDIRECT = 'http://127.0.0.1:33418/callback';

export type Person = { tenantId: string; identifier: string; password: string; user: string };
export type Tokens = { access_token: string; refresh_token: string; scope: string; expires_in: number; token_type: string };
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export type Answer = { status: number; headers: Headers; body: any };

/** A running server that people can sign in to. */
export class World implements AsyncDisposable {
  readonly app: App;
  readonly server: HttpServer;

  private constructor(app: App, server: HttpServer) {
    this.app = app;
    this.server = server;
  }

  static async open(
    engine: TestEngine,
    {
      env = {},
      options = {},
      app: change,
    }: { env?: Record<string, string>; options?: Partial<OAuthOptions>; app?: (app: App) => App } = {},
  ): Promise<World> {
    const settings = { RECOLLECT_PORT: '0', RECOLLECT_TOOLSETS: 'all', RECOLLECT_BCRYPT_COST: '4', RECOLLECT_TENANT: 'no-accounts-here' };
    const opened = openApp(loadConfig({ http: true }, { ...settings, ...environmentFor(engine), ...env }), createLog('silent'));
    const app = change ? change(opened) : opened;
    const pages = (publicUrl: string) => oauthRouter(app, { publicUrl, ...options });
    return new World(app, await HttpServer.listen(app, { authenticator: app.authenticator, pages }));
  }

  get origin(): string {
    return this.server.url;
  }

  get resource(): string {
    return `${this.origin}/mcp`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close(AbortSignal.timeout(2_000));
    await this.app.close();
  }

  storeOf(tenantId: string) {
    return this.app.storeFor({ tenantId, user: null, role: 'system', scopes: scopesOf('system') });
  }

  async person(tenantId: string, role: AccountRole = 'user'): Promise<Person> {
    const username = `ann${randomBytes(4).toString('hex')}`;
    const { user } = await this.app.accounts.create(await this.storeOf(tenantId), {
      username,
      password: PASSWORD,
      role,
      displayName: 'Ann',
    });
    return { tenantId, identifier: username, password: PASSWORD, user };
  }

  async register(metadata: Record<string, unknown> = {}): Promise<Answer> {
    const body = { client_name: 'Desk', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none', ...metadata };
    return answerOf(await fetch(`${this.origin}/oauth/register`, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) }));
  }

  post(path: 'token' | 'revoke', fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    return fetch(`${this.origin}/oauth/${path}`, { method: 'POST', body: new URLSearchParams(fields), headers }).then(answerOf);
  }

  /** Calls a tool as the holder of a token. */
  async call(token: string, name = 'list_conversations', args: Record<string, unknown> = {}): Promise<Answer> {
    const response = await fetch(this.resource, {
      method: 'POST',
      headers: {
        ...JSON_TYPE,
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${token}`,
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': name,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args, _meta: META } }),
    });
    return answerOf(response);
  }

  /** All that a client and a person do up to the code. */
  async authorize(person: Person, request: Partial<AuthorizationOptions> = {}): Promise<Authorized> {
    const clientId = request.clientId ?? ((await this.register()).body.client_id as string);
    const verifier = randomBytes(32).toString('base64url');
    const browser = new Browser();
    const page = await browser.open(this.authorizeUrl({ clientId, verifier, ...request }));
    const consent = await this.signIn(browser, page, person);
    const answer = await browser.submit(consent, this.origin, { decision: 'allow', ...request.answer });
    return { clientId, verifier, code: answer.location?.searchParams.get('code') ?? '', answer };
  }

  signIn(browser: Browser, page: Seen, { identifier, password, tenantId }: Person): Promise<Seen> {
    return browser.submit(page, this.origin, { identifier, password, ...(page.form?.fields.has('tenant') ? { tenant: tenantId } : {}) });
  }

  authorizeUrl({
    clientId,
    verifier,
    scope,
    redirectUri = REDIRECT,
    resource = this.resource,
    state = 'st&te',
    more = {},
  }: { clientId: string; verifier: string } & Partial<AuthorizationOptions>): URL {
    const url = new URL(`${this.origin}/oauth/authorize`);
    const parameters = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      code_challenge: challengeOf(verifier),
      code_challenge_method: 'S256',
      state,
      ...(resource === null ? {} : { resource }),
      ...(scope === undefined ? {} : { scope }),
      ...more,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
    return url;
  }

  redeem(
    { clientId, verifier, code }: Pick<Authorized, 'clientId' | 'verifier' | 'code'>,
    more: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const proof = { client_id: clientId, code, code_verifier: verifier, redirect_uri: REDIRECT };
    return this.post('token', { grant_type: 'authorization_code', ...proof, ...more }, headers);
  }

  refresh(clientId: string, token: string, more: Record<string, string> = {}): Promise<Answer> {
    return this.post('token', { grant_type: 'refresh_token', client_id: clientId, refresh_token: token, ...more });
  }

  /** In this test no refresh goes on before so many have come: on a busy machine the first may be answered before the last is there. */
  gatherRefreshes(count: number): void {
    const { tokens } = this.app.oauth;
    const refresh = tokens.refresh.bind(tokens);
    const meeting = meetingOf(count);
    const held = vi.spyOn(tokens, 'refresh').mockImplementation((...request) => meeting().then(() => refresh(...request)));
    onTestFinished(() => held.mockRestore());
  }

  /** All of the way to the tokens. */
  async tokens(person: Person, request: Partial<AuthorizationOptions> = {}): Promise<Tokens & { clientId: string }> {
    const authorized = await this.authorize(person, request);
    const { body, status } = await this.redeem(authorized);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return { ...body, clientId: authorized.clientId };
  }
}

type AuthorizationOptions = {
  clientId: string;
  scope: string;
  redirectUri: string;
  resource: string | null;
  state: string;
  more: Record<string, string | null>;
  answer: Record<string, string | null | readonly string[]>;
};
type Authorized = { clientId: string; verifier: string; code: string; answer: Seen };

export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

const JSON_TYPE = { 'content-type': 'application/json' };
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const data = text.split('\n').findLast((line) => line.startsWith('data: {'));
  let body: unknown = text;
  try {
    body = JSON.parse(data ? data.slice('data: '.length) : text);
  } catch {
    // Not JSON: the text itself is what a test looks at.
  }
  return { status: response.status, headers: response.headers, body };
}
