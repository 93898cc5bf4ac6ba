import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEngines } from '../support/engines.js';
import { Browser, type Seen } from './browser.js';
import { type Person, World } from './world.js';

describeEngines('consent gives what was allowed, and never more:', (engine) => {
  let world: World;
  let tenantId: string;
  let person: Person;
  let clientId: string;
  beforeAll(async () => {
    world = await World.open(engine);
    tenantId = await engine.freshTenant();
    person = await world.person(tenantId);
    clientId = (await world.register()).body.client_id;
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const open = (change: { scope?: string } = {}, browser = new Browser()) =>
    browser.open(world.authorizeUrl({ clientId, verifier: 'v'.repeat(43), ...change }));
  const newestCode = () =>
    engine.models.OauthGrant.findOne({ where: { tenantId, kind: 'authorization_code' }, order: [['id', 'desc']], rejectOnEmpty: true });

  const grantedTo = async (who: Person, scope: string | undefined, answer: Record<string, string | null | readonly string[]>) => {
    const authorized = await world.authorize(who, { clientId, ...(scope === undefined ? {} : { scope }), answer });
    if (authorized.code === '') return authorized.answer;
    const { role, scopes } = await newestCode();
    return [role, ...scopes];
  };

  it('without a word about scopes all that is one’s own', async () => {
    expect(await grantedTo(person, undefined, {})).toEqual([
      'user',
      ...'conversations memories graph users'.split(' ').flatMap((of) => [`${of}:read`, `${of}:write`]),
    ]);
  });

  it('what a client registered for, when it asks for nothing else', async () => {
    const { body } = await world.register({ scope: 'memories:read openid' });
    expect(body.scope).toBe('memories:read');
    expect((await world.tokens(person, { clientId: body.client_id })).scope).toBe('memories:read');
  });

  it('a part', async () => {
    expect(await grantedTo(person, 'memories:read memories:write unknown', { scope: 'memories:read' })).toEqual(['user', 'memories:read']);
  });

  it('not what was not asked for, or the account does not have, whatever the form says', async () => {
    const all = ['memories:read', 'users:write', 'admin'];
    expect(await grantedTo(person, 'memories:read admin', { scope: all })).toEqual(['user', 'memories:read']);
    for (const role of ['service', 'admin', 'system', 'nonsense']) {
      expect(await grantedTo(person, 'memories:read admin', { scope: all, role })).toMatchObject({ status: 400, location: undefined });
    }
    const administrator = await world.person(tenantId, 'admin');
    expect(await grantedTo(administrator, 'memories:read', { scope: all, role: 'admin' })).toMatchObject({ status: 400 });
    expect(await grantedTo(administrator, 'memories:read', { scope: all, role: 'service' })).toEqual(['service', 'memories:read']);
    expect(await grantedTo(administrator, 'memories:read admin', { scope: all })).toEqual(['user', 'memories:read']);
    expect(await grantedTo(administrator, 'memories:read admin', { scope: all, role: 'admin' })).toEqual([
      'admin',
      'memories:read',
      'admin',
    ]);
  });

  it('not nothing: the question is asked once more', async () => {
    const again = (await grantedTo(person, 'memories:read', { scope: null })) as Seen;
    expect([again.status, again.html]).toEqual([400, expect.stringContaining('Allow at least one thing, or deny.')]);
    expect(again.form!.fields.get('consent')).toMatch(/^rcq_/);
  });

  it('nothing to who may give nothing of it', async () => {
    const browser = new Browser();
    const { location } = await world.signIn(browser, await open({ scope: 'admin' }, browser), person);
    expect(Object.fromEntries(location?.searchParams ?? [])).toMatchObject({
      error: 'invalid_scope',
      iss: world.origin,
    });
  });

  it('once: an answered question, and one that is ten minutes old, is over', async () => {
    const browser = new Browser();
    const page = await open({}, browser);
    const consent = await world.signIn(browser, page, person);
    expect((await browser.submit(consent, world.origin, { decision: 'allow' })).location?.searchParams.has('code')).toBe(true);
    const twice = await browser.submit(consent, world.origin, { decision: 'allow' });
    expect([twice.status, twice.location, twice.html]).toEqual([400, undefined, expect.stringContaining('answered already')]);
    const late = await world.signIn(browser, page, person);
    await engine.models.OauthGrant.update({ expiresAt: new Date() }, { where: { tenantId, kind: 'consent', usedAt: null } });
    for (const decision of ['allow', 'deny']) expect((await browser.submit(late, world.origin, { decision })).status).toBe(400);
  });

  it('nothing to a question that nobody asked', async () => {
    const browser = new Browser();
    const consent = await world.signIn(browser, await open({}, browser), person);
    for (const token of ['', 'nonsense', `rcq_${'x'.repeat(43)}`]) {
      expect((await browser.submit(consent, world.origin, { decision: 'allow', consent: token })).status).toBe(400);
    }
    expect((await fetch(`${world.origin}/oauth/consent`)).status).toBe(404);
  });
});
