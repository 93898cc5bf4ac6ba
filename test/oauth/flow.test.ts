import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEngines } from '../support/engines.js';
import { REDIRECT, World } from './world.js';

describeEngines('signing in', (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await World.open(engine);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('leads from the page to a token that works', async () => {
    const tenantId = await engine.freshTenant();
    const person = await world.person(tenantId);
    const { clientId, verifier, code, answer } = await world.authorize(person);
    expect(answer.status).toBe(303);
    expect(answer.location?.href.startsWith(`${REDIRECT}?`)).toBe(true);
    expect(Object.fromEntries(answer.location!.searchParams)).toEqual({ code, state: 'st&te', iss: world.origin });
    const { status, body } = await world.redeem({ clientId, verifier, code });
    expect([status, body]).toMatchObject([
      200,
      {
        token_type: 'Bearer',
        expires_in: 3600,
        access_token: expect.stringMatching(/^rco_/),
        refresh_token: expect.stringMatching(/^rcr_/),
      },
    ]);
    const saved = await world.call(body.access_token, 'save_turn', { messages: [{ role: 'user', content: 'Hello' }] });
    expect(saved).toMatchObject({ status: 200, body: { result: { structuredContent: { created: true } } } });
  });
});
