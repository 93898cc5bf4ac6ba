import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, World } from '../oauth/world.js';
import { describeEngines } from '../support/engines.js';

describeEngines('who was erased', (engine) => {
  let world: World;
  let tenantId: string;
  beforeAll(async () => {
    world = await World.open(engine);
    tenantId = await engine.freshTenant();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  let keys = 0;
  const keyOf = async (user?: string): Promise<string> => {
    keys += 1;
    return (await world.app.apiKeys.create(await world.storeOf(tenantId), { name: `key ${keys}`, ...(user !== undefined && { user }) }))
      .key;
  };
  /** Somebody with a key and a token, both used a moment ago. */
  const settle = async (): Promise<Person & { credentials: string[] }> => {
    const person = await world.person(tenantId);
    const credentials = [await keyOf(person.user), (await world.tokens(person)).access_token];
    expect(await statusesOf(credentials)).toEqual([200, 200]);
    return { ...person, credentials };
  };
  const write = (credential: string) => world.call(credential, 'save_turn', { messages: [{ role: 'user', content: 'I am here.' }] });
  const statusesOf = async (credentials: readonly string[]): Promise<number[]> => {
    const statuses: number[] = [];
    for (const credential of credentials) statuses.push((await write(credential)).status);
    return statuses;
  };
  const usersNamed = (externalId: string) => engine.models.User.count({ where: { tenantId, externalId } });

  it.each([
    ['a key of their own', async ({ credentials }: { credentials: string[] }) => credentials[0]!],
    ['a token of their own', async ({ credentials }: { credentials: string[] }) => credentials[1]!],
    ['the key of an agent', () => keyOf()],
  ])('is not let in again by the same process, which has just let them in, and is not made anew: with %s', async (_, credentialOf) => {
    const [gone, stays] = [await settle(), await settle()];
    const credential = await credentialOf(gone);
    const args = { user: gone.user, dry_run: false, confirm: gone.user };
    const erased = await world.call(credential, 'forget_user', args);
    expect(erased.body.result).toMatchObject({ structuredContent: { user: gone.user, dry_run: false } });
    expect(await statusesOf(gone.credentials)).toEqual([401, 401]);
    expect(await usersNamed(gone.user)).toBe(0);
    expect(await statusesOf(stays.credentials)).toEqual([200, 200]);
    expect(await usersNamed(stays.user)).toBe(1);
  });
});
