import { afterAll, beforeAll, expect, it } from 'vitest';
import { scopesOf } from '../../src/principal.js';
import { hashSecret, newSecret } from '../../src/secret.js';
import { resetLink } from '../../src/transports/http/oauth/reset-link.js';
import { describeEngines } from '../support/engines.js';
import { Browser, type Seen } from './browser.js';
import { PASSWORD, type Person, World } from './world.js';

const NEW = 'Copper3.Lantern';
const SPENT = 'This link or token is unknown, was used, or has expired.';

describeEngines('a forgotten password', (engine) => {
  let world: World;
  let tenantId: string;
  beforeAll(async () => {
    world = await World.open(engine);
    tenantId = await engine.freshTenant();
    // With one tenant alone people would not be asked for it.
    await world.person(await engine.freshTenant());
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const reset = async (person: Person) => {
    const { token } = await world.app.accounts.startReset(await world.storeOf(person.tenantId), person.identifier);
    return { token, link: resetLink(world.origin, person.tenantId, token)! };
  };
  const choose = (browser: Browser, page: Seen, password: string, more: Record<string, string | null> = {}, headers = {}) =>
    browser.submit(page, world.origin, { password, again: password, ...more }, headers);
  const signsIn = async ({ identifier }: Person, password: string, tenant = tenantId) =>
    (await world.app.signIn.attempt({ tenantId: tenant, identifier, password, client: {} })).ok;

  it('is chosen anew with a link, once; what the old one led to ends, and a lock is lifted', async () => {
    const person = await world.person(tenantId);
    const tokens = await world.tokens(person);
    expect((await world.call(tokens.access_token)).status).toBe(200);
    for (let failures = 0; failures < 6; failures += 1) await signsIn(person, 'wrong');
    const { link, token } = await reset(person);
    const browser = new Browser();
    const page = await browser.open(link);
    expect(page.status).toBe(200);
    for (const shown of [person.identifier, '10 to 256 characters', 'no password that everybody tries first'])
      expect(page.html).toContain(shown);
    // Programs that show what a link leads to use nothing up.
    expect((await new Browser().open(link)).status).toBe(200);

    const done = await choose(browser, page, NEW);
    expect([done.status, done.form, done.html.includes('The password is set')]).toEqual([200, undefined, true]);
    expect([await signsIn(person, NEW), await signsIn(person, PASSWORD)]).toEqual([true, false]);
    expect((await world.call(tokens.access_token)).status).toBe(401);
    expect((await world.refresh(tokens.clientId, tokens.refresh_token)).status).toBe(400);

    const again = await choose(browser, page, 'Silver9.Meadows');
    expect([again.status, again.html.includes(SPENT)]).toEqual([400, true]);
    expect((await browser.open(link)).html).toContain(SPENT);
    expect(await signsIn(person, NEW)).toBe(true);
    const rows = await engine.models.PasswordResetToken.findAll({ where: { tenantId } });
    expect(rows.map(({ tokenHash }) => tokenHash)).toContain(hashSecret(token));
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('is chosen with a token that was typed, in the tenant that it is of', async () => {
    const person = await world.person(tenantId);
    const { token } = await reset(person);
    const browser = new Browser();
    const page = await browser.open(`${world.origin}/account/password`);
    expect([page.status, page.form?.fields.has('tenant'), page.form?.fields.has('token')]).toEqual([200, true, true]);
    expect((await choose(browser, page, NEW, { token })).html).toContain(SPENT);
    expect((await choose(browser, page, NEW, { token: ` ${token}\n`, tenant: tenantId })).status).toBe(200);
    expect(await signsIn(person, NEW)).toBe(true);
  });

  it('stays when the new one breaks a rule or was typed wrong, and the link stays good', async () => {
    const person = await world.person(tenantId);
    const { link } = await reset(person);
    const browser = new Browser();
    const page = await browser.open(link);
    const refused: [Record<string, string | null>, string][] = [
      [{ password: 'short', again: 'short' }, 'at least 10 are needed'],
      [{ password: `${person.identifier}.Aa1`, again: `${person.identifier}.Aa1` }, 'the name or address of the account'],
      [{ password: NEW, again: `${NEW}!` }, 'do not agree'],
      [{ password: null, again: null }, 'at least 10 are needed'],
    ];
    for (const [fields, problem] of refused) {
      const answer = await browser.submit(page, world.origin, fields);
      expect([answer.status, answer.html.includes(problem)], problem).toEqual([400, true]);
      expect(answer.html).not.toContain(NEW);
      // What comes back can be sent again as it stands.
      expect(answer.form?.fields.get('token')).toBe(page.form?.fields.get('token'));
    }
    expect(await signsIn(person, PASSWORD)).toBe(true);
    expect((await choose(browser, page, NEW)).status).toBe(200);
  });

  it('is not chosen from elsewhere, and nothing is said of what there is', async () => {
    const person = await world.person(tenantId);
    const { link, token } = await reset(person);
    const browser = new Browser();
    const page = await browser.open(link);
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
      expect((await choose(browser, page, NEW, {}, headers)).status).toBe(403);
    expect((await choose(browser, page, NEW, { csrf: null })).status).toBe(403);
    expect((await choose(new Browser(), page, NEW)).status).toBe(403);
    expect(await signsIn(person, PASSWORD)).toBe(true);

    const wrong = [
      resetLink(world.origin, tenantId, newSecret('reset')),
      resetLink(world.origin, 'no-such-tenant', token),
      resetLink(world.origin, (await world.person(await engine.freshTenant())).tenantId, token),
      resetLink(world.origin, tenantId, 'x'.repeat(5_000)),
    ];
    const bodies = new Set<string>();
    for (const each of wrong) {
      const { status, html } = await new Browser().open(each!);
      expect(status).toBe(400);
      bodies.add(html.replace(/name="csrf" value="\w+"/, '').replace(/name="tenant" value="[\w-]+"/, ''));
    }
    expect(bodies.size).toBe(1);
    // Nobody came into being by being asked for.
    expect(await engine.models.Tenant.count({ where: { id: 'no-such-tenant' } })).toBe(0);
  });

  it('is on a page that nobody frames, keeps or passes on, and that knows its limits', async () => {
    const { link } = await reset(await world.person(tenantId));
    const { headers } = await new Browser().open(link);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'.*form-action 'self'/);
    expect([headers.get('cache-control'), headers.get('x-frame-options'), headers.get('referrer-policy')]).toEqual([
      'no-store',
      'DENY',
      'same-origin',
    ]);
    await using strict = await World.open(engine, { env: { RECOLLECT_RATE_LIMIT_UNKNOWN: '3' } });
    const statuses: number[] = [];
    for (let asked = 0; asked < 4; asked += 1) statuses.push((await new Browser().open(`${strict.origin}/account/password`)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it('is no reason for a link where a password could be read on the way', () => {
    expect(resetLink('http://memory.example.com', 'home', 'rcp_x')).toBeUndefined();
    expect(resetLink(null, 'home', 'rcp_x')).toBeUndefined();
    expect(resetLink('https://memory.example.com', 'home', 'rcp_x')).toBe(
      'https://memory.example.com/account/password?tenant=home&token=rcp_x',
    );
  });

  it('of a disabled account can be chosen, and lets nobody in', async () => {
    const person = await world.person(tenantId);
    const store = await world.app.storeFor({ tenantId, user: null, role: 'system', scopes: scopesOf('system') });
    const { link } = await reset(person);
    await world.app.accounts.setDisabled(store, person.identifier, true);
    const browser = new Browser();
    expect((await choose(browser, await browser.open(link), NEW)).status).toBe(200);
    expect(await signsIn(person, NEW)).toBe(false);
  });
});
