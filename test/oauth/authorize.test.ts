import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEngines } from '../support/engines.js';
import { Browser, unescaped } from './browser.js';
import { type Person, REDIRECT, World } from './world.js';

describeEngines('the way to consent', (engine) => {
  let world: World;
  let tenantId: string;
  let person: Person;
  let clientId: string;
  const verifier = 'v'.repeat(43);
  beforeAll(async () => {
    world = await World.open(engine);
    tenantId = await engine.freshTenant();
    person = await world.person(tenantId);
    clientId = (await world.register()).body.client_id;
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const url = (change: Partial<Parameters<World['authorizeUrl']>[0]> = {}) => world.authorizeUrl({ clientId, verifier, ...change });
  const open = (change: Parameters<typeof url>[0] = {}, browser = new Browser()) => browser.open(url(change));
  const errorOf = ({ location }: { location: URL | undefined }) => Object.fromEntries(location?.searchParams ?? []);
  describe('begins with a page', () => {
    it('that nobody can frame, keep, or run anything in', async () => {
      const { status, headers, html } = await open();
      expect(status).toBe(200);
      const policy = headers.get('content-security-policy')!;
      for (const rule of [`default-src 'none'`, `frame-ancestors 'none'`, `base-uri 'none'`, `form-action 'self'`])
        expect(policy).toContain(rule);
      expect(policy).not.toContain('unsafe');
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
      });
      expect(html).not.toMatch(/<script|\son\w+=|https?:\/\/(?!127)/);
      expect(headers.getSetCookie()).toEqual([
        expect.stringMatching(/^recollect=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=3600$/),
      ]);
    });

    it('that says who asks, whatever that is called', async () => {
      const name = `<img src=x onerror=alert(1)> "Desk"\u202e\u0000`;
      const { body } = await world.register({ client_name: name, redirect_uris: ['https://client.example/cb'] });
      const { html } = await open({ clientId: body.client_id, redirectUri: 'https://client.example/cb', state: '"><b>x' });
      expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; &quot;Desk&quot;');
      expect(html).toContain('client.example');
      expect(html).not.toMatch(/<img|<b>|\u202e|this computer/);
    });

    it('once more with what was wrong, and the same whether a name exists or not', async () => {
      const browser = new Browser();
      const page = await open({}, browser);
      const tell = async (identifier: string) => {
        const { status, html } = await browser.submit(page, world.origin, { identifier, password: 'wrong', tenant: tenantId });
        return [status, identifier === '' ? html : html.replaceAll(identifier, 'NAME')];
      };
      const known = await tell((await world.person(tenantId)).identifier);
      expect(known).toEqual(await tell('nobody-of-that-name'));
      expect(known).toEqual([401, expect.stringContaining('The name or the password is wrong.')]);
      expect(await tell('')).toEqual([400, expect.stringContaining('Enter a name and a password.')]);
    });

    it('that tells when to try again after too many wrong passwords, to the right one too', async () => {
      const who = await world.person(tenantId);
      const browser = new Browser();
      const page = await open({}, browser);
      const attempts = [];
      for (let n = 0; n < 5; n += 1) attempts.push(await world.signIn(browser, page, { ...who, password: 'wrong' }));
      expect(attempts.map(({ status }) => status)).toEqual([401, 401, 401, 401, 429]);
      const locked = await world.signIn(browser, page, who);
      expect([locked.status, locked.html]).toEqual([429, expect.stringMatching(/too many wrong attempts.* Try again in \d+ seconds/)]);
      expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(30);
      const attempt = await engine.models.UserLoginAttempt.findOne({
        where: { tenantId, identifier: who.identifier },
        rejectOnEmpty: true,
      });
      expect(attempt.client).toMatchObject({ address: expect.stringContaining('127.0.0.1'), oauthClient: clientId });
    });
  });

  describe('asks for a tenant', () => {
    it('only where there is a choice, and tells nothing about ones that are not there', async () => {
      // The other suites of this file have made accounts in one tenant so far.
      expect((await open()).form!.fields.has('tenant')).toBe(false);
      const elsewhere = await engine.freshTenant();
      const stranger = await world.person(elsewhere);
      const browser = new Browser();
      const page = await open({}, browser);
      expect(page.form!.fields.get('tenant')).toBe('no-accounts-here');
      const wrong = await world.signIn(browser, page, { ...stranger, tenantId });
      const missing = await world.signIn(browser, page, { ...stranger, tenantId: 'not-there' });
      expect([wrong.status, missing.status]).toEqual([401, 401]);
      expect(missing.html.replace('not-there', tenantId)).toBe(wrong.html);
      expect(await engine.models.Tenant.findByPk('not-there')).toBeNull();
      const consent = await world.signIn(browser, page, stranger);
      expect(consent.html).toContain(`in the tenant <strong>${elsewhere}</strong>`);
    });
  });

  describe('never leaves for an address that is not the client’s', () => {
    const strange = [
      'https://evil.example/callback',
      'http://127.0.0.1:33418/other',
      'http://localhost:33418/callback',
      'http://127.0.0.1:33418/callback?next=evil',
      'http://127.0.0.1:33418/callback#fragment',
      'http://user@127.0.0.1:33418/callback',
      'http://127.0.0.1.evil.example/callback',
      'http://127.0.0.1:33418\\@evil.example/callback',
      '//evil.example',
      '/relative',
      'javascript:alert(1)',
      '',
    ];
    it.each(strange)('%s', async (redirectUri) => {
      const page = await open({ redirectUri, more: { response_type: 'nonsense' } });
      expect([page.status, page.location, page.headers.get('content-type')]).toEqual([400, undefined, 'text/html; charset=utf-8']);
    });

    it('and on this machine takes any port, which programs get anew each time', async () => {
      expect((await open({ redirectUri: 'http://127.0.0.1:50999/callback' })).status).toBe(200);
    });

    it('not even for one that somebody registered, without asking', async () => {
      const { body } = await world.register({ redirect_uris: ['https://evil.example/cb'] });
      const page = await open({ clientId: body.client_id, redirectUri: 'https://evil.example/cb', scope: 'nonsense' });
      expect([page.status, page.location]).toEqual([400, undefined]);
      expect(page.html).toMatch(
        /belongs to <strong>evil\.example<\/strong>[\s\S]*href="https:\/\/evil\.example\/cb\?error=invalid_scope&amp;/,
      );
    });

    it('answers programs in JSON', async () => {
      const response = await fetch(url({ redirectUri: 'https://evil.example/' }), { redirect: 'manual' });
      expect([response.status, await response.json()]).toEqual([
        400,
        { error: 'invalid_request', error_description: 'Unregistered redirect_uri' },
      ]);
    });
  });

  describe('tells the client, and says who tells it,', () => {
    const wrong: Record<string, [Parameters<typeof url>[0], string]> = {
      'that it must prove itself': [{ more: { code_challenge: null } }, 'invalid_request'],
      'that a plain challenge is none': [{ more: { code_challenge_method: 'plain' } }, 'invalid_request'],
      'that a challenge has a form': [{ more: { code_challenge: 'short' } }, 'invalid_request'],
      'that there are codes only': [{ more: { response_type: 'token' } }, 'invalid_request'],
      'that this is another server': [{ resource: 'https://elsewhere.example/mcp' }, 'invalid_target'],
      'that no scope of it is known': [{ scope: 'openid everything' }, 'invalid_scope'],
    };
    it.each(Object.keys(wrong))('%s', async (name) => {
      const [change, error] = wrong[name]!;
      const page = await open(change);
      expect(page.location?.href.startsWith(`${REDIRECT}?`)).toBe(true);
      expect(errorOf(page)).toMatchObject({
        error,
        iss: world.origin,
        ...(name.includes('challenge') || name.includes('prove') || name.includes('codes') ? {} : { state: 'st&te' }),
      });
    });

    it('that nobody signed in', async () => {
      const { html } = await open();
      const cancel = new URL(unescaped(/class="button plain" href="([^"]+)"/.exec(html)![1]!));
      expect(cancel.href.startsWith(`${REDIRECT}?`)).toBe(true);
      expect(Object.fromEntries(cancel.searchParams)).toMatchObject({ error: 'access_denied', state: 'st&te', iss: world.origin });
    });

    it('keeping the query its address has, and schemes of programs', async () => {
      for (const redirectUri of [
        'https://client.example/cb?a=1&b=%20',
        'com.example.desk:/callback',
        'cursor://anysphere.cursor/callback',
      ]) {
        const { body } = await world.register({ redirect_uris: [redirectUri] });
        const { answer } = await world.authorize(person, { clientId: body.client_id, redirectUri });
        expect(answer.location!.href).toMatch(/[?&]code=rcc_[\w-]{43}&state=st%26te&iss=http/);
        expect(answer.location!.href.startsWith(redirectUri.replace('%20', '+'))).toBe(true);
      }
    });
  });

  describe('takes forms from its own pages only:', () => {
    const forged: Record<string, (browser: Browser) => { changes?: Record<string, string | null>; headers?: Record<string, string> }> = {
      'not without the token': () => ({ changes: { csrf: null } }),
      'not with another': () => ({ changes: { csrf: 'a'.repeat(64) } }),
      'not without the cookie': (browser) => {
        browser.forgetCookies();
        return {};
      },
      'not from another site': () => ({ headers: { 'sec-fetch-site': 'cross-site' } }),
      'not from a neighbour': () => ({ headers: { 'sec-fetch-site': 'same-site' } }),
      'not from another origin': () => ({ headers: { origin: 'https://evil.example' } }),
      'not from an origin that hides': () => ({ headers: { origin: 'null' } }),
    };
    it.each(Object.keys(forged))('%s', async (name) => {
      const browser = new Browser();
      const page = await open({}, browser);
      const consent = await world.signIn(browser, page, person);
      const { changes = {}, headers = {} } = forged[name]!(browser);
      const allowed = await browser.submit(consent, world.origin, { decision: 'allow', ...changes }, headers);
      expect([allowed.status, allowed.location]).toEqual([403, undefined]);
      const fields = { identifier: person.identifier, password: person.password, tenant: tenantId };
      const signedIn = await browser.submit(page, world.origin, { ...fields, ...changes }, headers);
      expect([signedIn.status, signedIn.form?.fields.has('consent')]).toEqual([403, false]);
      expect(await engine.models.OauthGrant.count({ where: { tenantId, kind: 'consent', usedAt: null } })).toBeGreaterThan(0);
    });

    it('and from those of another process on the same database', async () => {
      await using other = await World.open(engine, { env: { RECOLLECT_PUBLIC_URL: world.origin } });
      const browser = new Browser();
      const page = await open({}, browser);
      const consent = await browser.submit(
        page,
        other.server.url,
        { identifier: person.identifier, password: person.password, tenant: tenantId },
        { host: new URL(world.origin).host },
      );
      expect(consent.form!.action).toBe('/oauth/consent');
      const answer = await browser.submit(consent, world.origin, { decision: 'allow' });
      expect(answer.location?.searchParams.get('code')).toMatch(/^rcc_/);
    });
  });
});
