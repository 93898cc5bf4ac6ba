import { expect, it } from 'vitest';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

describeEngines('users toolset', (engine) => {
  it('makes a user, merges what is known, and deletes keys', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const first = await agent.call('upsert_user_profile', {
      user: 'ann',
      display_name: 'Ann',
      profile: { city: 'Oslo', diet: 'vegan', nothing: null },
      documents: { bio: 'A long text.' },
    });
    expect(first).toMatchObject({
      created: true,
      user: { external_id: 'ann', display_name: 'Ann', profile: { city: 'Oslo', diet: 'vegan' } },
    });
    expect(first.user.profile).not.toHaveProperty('nothing');
    const second = await agent.call('upsert_user_profile', {
      user: 'ann',
      profile: { city: 'Bergen', diet: null, pets: ['cat'] },
      metadata: { a: 1 },
    });
    expect(second).toMatchObject({ created: false, user: { display_name: 'Ann', documents: { bio: 'A long text.' }, metadata: { a: 1 } } });
    expect(second.user.profile).toEqual({ city: 'Bergen', pets: ['cat'] });
    const cleared = await agent.call('upsert_user_profile', { user: 'ann', display_name: null, documents: { bio: null } });
    expect(cleared.user).not.toHaveProperty('display_name');
    expect(cleared.user.documents).toEqual({});
    expect((await agent.call('get_user_profile', { user: 'ann' })).user).toEqual(cleared.user);
    expect(await agent.text('get_user_profile', { user: 'ann' })).toContain('Bergen');
  });

  it('keeps every change of callers that write at once', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const keys = Array.from({ length: 8 }, (_, at) => `key${at}`);
    const saved = await Promise.all(keys.map((key) => agent.call('upsert_user_profile', { user: 'new', profile: { [key]: true } })));
    expect(saved.filter(({ created }) => created)).toHaveLength(1);
    expect(Object.keys((await agent.call('get_user_profile', { user: 'new' })).user.profile).sort()).toEqual(keys);
  });

  it('knows a person by external id, username and e-mail', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    await agent.call('upsert_user_profile', { user: 'feishu:42', display_name: 'Ann' });
    const { id: userId } = await engine.models.User.findOne({ where: { tenantId, externalId: 'feishu:42' }, rejectOnEmpty: true });
    await engine.models.UserCredential.create({ tenantId, userId, username: 'Ann', email: 'Ann@Example.org', passwordHash: 'x' } as never);
    for (const user of ['feishu:42', 'ann', 'ANN', 'ann@example.org']) {
      expect((await agent.call('get_user_profile', { user })).user).toMatchObject({
        external_id: 'feishu:42',
        username: 'Ann',
        email: 'Ann@Example.org',
      });
    }
    const saved = await agent.call('upsert_user_profile', { user: 'ann@example.org', profile: { via: 'mail' } });
    expect(saved).toMatchObject({ created: false, user: { external_id: 'feishu:42', profile: { via: 'mail' } } });
    expect(JSON.stringify(saved)).not.toContain('password');
  });

  it('lists in pages, found by text, with no more of each than a list can carry', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    for (const user of ['c', 'a', 'b_%'])
      await agent.call('upsert_user_profile', { user, display_name: `Name of ${user}`, profile: { at: user } });
    await agent.call('upsert_user_profile', { user: 'd', profile: { long: 'x'.repeat(5000) }, documents: { one: 'y'.repeat(5000) } });
    const first = await agent.call('list_user_profiles', { limit: 3 });
    expect(first.users.map((user: { external_id: string }) => user.external_id)).toEqual(['a', 'b_%', 'c']);
    const second = await agent.call('list_user_profiles', { limit: 3, cursor: first.next_cursor });
    expect(second).toEqual({ users: [{ external_id: 'd', document_names: ['one'] }], next_cursor: null });
    expect((await agent.call('list_user_profiles', { query: 'of B_%' })).users).toMatchObject([
      { external_id: 'b_%', profile: { at: 'b_%' } },
    ]);
    expect(await agent.refusal('list_user_profiles', { query: 'x', cursor: first.next_cursor })).toMatch(/other arguments/);
  });

  it('refuses what is unknown, unnamed or too large', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant(), limits: { maxMessageBytes: 2000 } });
    expect(await agent.refusal('get_user_profile', { user: 'nobody' })).toMatch(/not_found: No user "nobody"/);
    expect(await agent.refusal('get_user_profile', {})).toMatch(/Say which/);
    expect(await agent.refusal('upsert_user_profile', { user: 'x', profile: [] })).toMatch(/profile/);
    await agent.call('upsert_user_profile', { user: 'x', profile: { a: 'a'.repeat(1500) } });
    expect(await agent.refusal('upsert_user_profile', { user: 'x', profile: { b: 'b'.repeat(1500) } })).toMatch(
      /limit is 2000.*Nothing was saved/,
    );
    expect(Object.keys((await agent.call('get_user_profile', { user: 'x' })).user.profile)).toEqual(['a']);
  });

  it('lets a bound user see and change itself only', async () => {
    const tenantId = await engine.freshTenant();
    await using service = await agentFor(engine, { tenantId });
    await using ann = await agentFor(engine, { tenantId, user: 'ann' });
    await using stranger = await agentFor(engine, { tenantId: await engine.freshTenant() });
    await service.call('upsert_user_profile', { user: 'bob', profile: { secret: 'orchid' } });
    expect((await ann.call('upsert_user_profile', { profile: { city: 'Oslo' } })).user).toMatchObject({
      external_id: 'ann',
      profile: { city: 'Oslo' },
    });
    expect((await ann.call('get_user_profile', {})).user.external_id).toBe('ann');
    expect((await ann.call('list_user_profiles', {})).users).toMatchObject([{ external_id: 'ann' }]);
    for (const tool of ['get_user_profile', 'upsert_user_profile']) {
      expect(await ann.refusal(tool, { user: 'bob' })).toBe(await ann.refusal(tool, { user: 'nobody' }));
    }
    expect(await stranger.refusal('get_user_profile', { user: 'bob' })).toMatch(/No user/);
    expect((await stranger.call('list_user_profiles', { query: 'bob' })).users).toEqual([]);
    expect((await stranger.call('upsert_user_profile', { user: 'bob', profile: { other: 1 } })).created).toBe(true);
    expect((await service.call('get_user_profile', { user: 'bob' })).user.profile).toEqual({ secret: 'orchid' });
  });
});
