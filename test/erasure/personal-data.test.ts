import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { erasePerson } from '../../src/services/erasure.js';
import { exportPersonalData } from '../../src/services/personal-data.js';
import { agentFor } from '../support/agent.js';
import { describeEngines, type TestEngine } from '../support/engines.js';
import { populate } from '../support/person.js';
import { storeFor } from '../support/store.js';

const NOW = new Date('2026-05-01T10:00:00Z');
const someone = () => `someone-${randomUUID()}`;
type Line = { type: string; data: Record<string, unknown>; counts: Record<string, number> };

async function exported(engine: TestEngine, tenantId: string, user: string): Promise<{ text: string; lines: Line[] }> {
  const store = await storeFor(engine.db, { tenantId, role: 'system' });
  const written: string[] = [];
  for await (const line of exportPersonalData(store, user, NOW)) written.push(line);
  const text = written.join('');
  return {
    text,
    lines: text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  };
}

/** What each kind of line is of, where the receipt of an erasure counts it. */
const KINDS: Record<string, string> = {
  account: 'user_credentials',
  attachment: 'message_assets',
  conversation: 'conversations',
  edge: 'memory_graph_edges',
  event: 'message_events',
  key: 'api_tokens',
  login_attempt: 'user_login_attempts',
  login_lockout: 'user_login_lockouts',
  memory: 'episodic_memories',
  memory_vector: 'memory_vectors',
  message: 'messages',
  message_vector: 'message_vectors',
  node: 'memory_graph_nodes',
  node_version: 'memory_graph_node_versions',
  oauth_grant: 'oauth_grants',
  observation: 'memory_graph_observations',
  password_reset: 'password_reset_tokens',
  task: 'tasks',
  user: 'users',
};

describeEngines('what is held about a person', (engine) => {
  it('is every row that erasing them would remove, and nothing of others', async () => {
    const tenantId = await engine.freshTenant();
    const person = await populate(engine, { tenantId, user: someone() });
    const other = await populate(engine, { tenantId, user: someone() });
    const { text, lines } = await exported(engine, tenantId, person.username);
    expect(lines[0]).toEqual({
      type: 'header',
      format: 'recollect-personal-data',
      version: 1,
      tenant: tenantId,
      user: person.externalId,
      exported_at: NOW.toISOString(),
    });
    const { counts } = lines.at(-1)!;
    expect(lines.at(-1)!.type).toBe('end');
    for (const [kind, count] of Object.entries(counts))
      expect(
        lines.filter(({ type }) => type === kind),
        kind,
      ).toHaveLength(count);
    const store = await storeFor(engine.db, { tenantId });
    const { removed } = await erasePerson(store, person.externalId, { dryRun: true });
    for (const [kind, table] of Object.entries(KINDS)) expect(counts[kind], kind).toBe(removed[table]);
    // A session or a device that no conversation names tells of nobody, and goes all the same.
    expect(Object.keys(counts).sort()).toEqual([...Object.keys(KINDS), 'device', 'session'].sort());
    const speaking = new Set(lines.filter(({ data }) => JSON.stringify(data)?.includes(person.marker)).map(({ type }) => type));
    expect([...speaking].sort()).toEqual(
      Object.keys(counts)
        .filter((kind) => kind !== 'password_reset')
        .sort(),
    );
    expect(lines.filter(({ data }) => data && 'tenant_id' in data)).toEqual([]);
    expect(text).not.toContain(other.marker);
    expect(text).not.toContain(other.id);
  });

  it('has no password, no key and no hash of either', async () => {
    const tenantId = await engine.freshTenant();
    const person = await populate(engine, { tenantId, user: someone() });
    const { text, lines } = await exported(engine, tenantId, person.externalId);
    const { UserCredential, ApiToken, OauthGrant, PasswordResetToken } = engine.models;
    const secrets = [
      ...(await UserCredential.findAll({ where: { tenantId } })).map(({ passwordHash }) => passwordHash),
      ...(await ApiToken.findAll({ where: { tenantId } })).map(({ tokenHash }) => tokenHash),
      ...(await OauthGrant.findAll({ where: { tenantId } })).map(({ tokenHash }) => tokenHash),
      ...(await PasswordResetToken.findAll({ where: { tenantId } })).map(({ tokenHash }) => tokenHash),
    ];
    expect(secrets).toHaveLength(4);
    for (const secret of secrets) expect(text).not.toContain(secret);
    const names = new Set(lines.flatMap(({ data }) => Object.keys(data ?? {})));
    expect([...names].filter((name) => /hash|secret|challenge/.test(name))).toEqual([]);
  });

  it('goes on over pages: more rows of a kind than are read at once, in order and each once', async () => {
    const tenantId = await engine.freshTenant();
    const user = someone();
    await using agent = await agentFor(engine, { tenantId, user });
    const saved: string[] = [];
    for (const batch of [100, 100, 51]) {
      const messages = Array.from({ length: batch }, (_, at) => ({ role: 'user', content: `message ${saved.length + at}` }));
      saved.push(...messages.map(({ content }) => content));
      await agent.call('save_turn', { conversation_key: 'long', messages });
    }
    const { lines } = await exported(engine, tenantId, user);
    expect(lines.filter(({ type }) => type === 'message').map(({ data }) => data.text)).toEqual(saved);
    expect(lines.at(-1)!.counts).toMatchObject({ message: 251, event: 252, conversation: 1 });
  });

  it('is told of nobody who is not there', async () => {
    const tenantId = await engine.freshTenant();
    await expect(exported(engine, tenantId, 'nobody')).rejects.toMatchObject({ code: 'not_found' });
  });
});
