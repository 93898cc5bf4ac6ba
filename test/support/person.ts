import { randomUUID } from 'node:crypto';
import { QueryTypes } from 'sequelize';
import { hashSecret } from '../../src/secret.js';
import { agentFor } from './agent.js';
import type { TestEngine } from './engines.js';

/** Somebody with something in every place where the program keeps anything; `marker` is a word in each text of theirs. */
export type Populated = {
  /** A conversation of their own. */
  conversation: string;
  /** A conversation of somebody else in which they spoke. */
  elsewhere: string;
  /** Row id of the user. */
  id: string;
  marker: string;
  externalId: string;
  username: string;
  email: string;
};

/** Fills a tenant with a person and what belongs to them, through the front door where there is one. */
export async function populate(engine: TestEngine, { tenantId, user: externalId }: { tenantId: string; user: string }): Promise<Populated> {
  const marker = `mark${externalId.replaceAll(/[^a-z0-9]/g, '')}`;
  const [username, email] = [`${marker}-name`, `${marker}@example.org`];
  await using service = await agentFor(engine, { tenantId });
  await using self = await agentFor(engine, { tenantId, user: externalId });
  const say = (text: string) => `${text} ${marker}`;

  const saved = await self.call('save_turn', {
    conversation_key: say('key'),
    platform: say('platform'),
    chat_id: say('chat'),
    device: say('first device'),
    session: say('session'),
    title: say('title'),
    topic: say('topic'),
    metadata: { note: marker },
    messages: [
      {
        role: 'user',
        author: say('Author'),
        content: say('first words'),
        client_message_id: say('client id'),
        input_tokens: 7,
        metadata: { note: marker },
        attachments: [
          { name: say('file.txt'), mime_type: 'text/plain', data: Buffer.from(say('bytes')).toString('base64') },
          { name: say('link'), mime_type: 'text/plain', uri: `https://example.org/${marker}` },
        ],
        embedding: { model: say('model'), values: [1, 0] },
      },
      { role: 'assistant', content: say('an answer'), output_tokens: 9, tool_calls: [{ id: '1', name: marker, arguments: { q: marker } }] },
      { role: 'tool', content: say('a result'), tool_results: [{ tool_call_id: '1', content: marker }] },
    ],
  });
  const conversation = saved.conversation_id;
  const [first, second] = saved.messages.map(({ id }: { id: string }) => id);
  // A device that no conversation names any more.
  await self.call('save_turn', {
    conversation_id: conversation,
    device: say('device'),
    platform: say('platform'),
    messages: [{ role: 'user', content: say('more') }],
  });
  await self.call('edit_message', { message_id: first, content: say('edited words') });
  await self.call('delete_message', { message_id: second });
  await self.call('update_conversation', { conversation_id: conversation, summary: say('summary'), current_goal: { goal: marker } });
  await self.call('upsert_vectors', { vectors: [{ message_id: first, model: say('other'), values: [1, 2], metadata: { note: marker } }] });
  // One that is gone already, but for its events.
  const gone = await self.call('save_turn', { title: say('gone'), messages: [{ role: 'user', content: say('gone') }] });
  await self.call('delete_conversation', { conversation_id: gone.conversation_id });
  await service.call('save_turn', {
    user: externalId,
    session: say('spare session'),
    messages: [{ role: 'user', content: say('by a service') }],
  });

  const others = await service.call('save_turn', {
    user: `host-of-${randomUUID()}`,
    messages: [{ role: 'user', content: 'The others meet on Friday.', author: 'Host', input_tokens: 3 }],
  });
  const elsewhere = others.conversation_id;
  const spoken = await service.call('save_turn', {
    conversation_id: elsewhere,
    user: externalId,
    messages: [{ role: 'user', content: say('said among others'), author: say('Guest'), input_tokens: 5 }],
  });
  await service.call('edit_message', { message_id: spoken.messages[0].id, content: say('said otherwise'), input_tokens: 5 });

  await self.call('create_task', { title: say('task'), details: say('details'), conversation_id: conversation, message_id: first });
  await service.call('create_task', { title: 'a task of the others', user: externalId, metadata: { note: marker } });
  const { memory } = await self.call('remember', {
    content: say('likes tea'),
    title: say('title'),
    tags: [say('tag')],
    conversation_id: conversation,
    message_ids: [first],
    client_id: say('id'),
    metadata: { note: marker },
  });
  const newer = await self.call('remember', { content: say('likes coffee'), supersedes: memory.id });
  await self.call('upsert_vectors', {
    vectors: [{ memory_id: memory.id, model: say('model'), values: [3, 4], metadata: { note: marker } }],
  });
  await self.call('graph_upsert', {
    nodes: [
      {
        key: say('node'),
        label: say('label'),
        type: say('type'),
        properties: { p: marker },
        observations: [{ text: say('seen'), source: marker }],
      },
    ],
    edges: [{ source: say('node'), target: say('other node'), type: say('knows'), properties: { p: marker } }],
    graph: say('graph'),
  });
  await self.call('graph_upsert', { nodes: [{ key: say('node'), label: say('new label') }], graph: say('graph') });
  // What everybody shares, with the person's words as evidence.
  const evidence = [first, newer.memory.id];
  await service.call('graph_upsert', {
    nodes: [{ key: 'Friday', observations: [{ text: 'is a good day', evidence }] }],
    edges: [{ source: 'Friday', target: 'meeting', type: 'day_of', evidence }],
  });
  await service.call('remember', { content: 'They meet on Fridays.', user: 'somebody-else', message_ids: [spoken.messages[0].id] });
  await self.call('upsert_user_profile', {
    display_name: say('Display'),
    profile: { note: marker },
    documents: { note: marker },
    metadata: { note: marker },
  });

  const { User } = engine.models;
  const { id } = await User.findOne({ where: { tenantId, externalId }, rejectOnEmpty: true });
  await signUp(engine, { tenantId, userId: id, username, email, marker });
  return { conversation, elsewhere, id, marker, externalId, username, email };
}

type Account = { tenantId: string; userId: string; username: string; email: string; marker: string };

/** An account, and one of everything that comes with it. The hashes hold the marker too: they have to go with the rest. */
async function signUp({ models }: TestEngine, { tenantId, userId, username, email, marker }: Account): Promise<void> {
  const own = () => ({ tenantId, id: randomUUID() });
  const soon = new Date(Date.now() + 3_600_000);
  const account = own();
  const hash = () => `${marker}${hashSecret(randomUUID())}`;
  await models.UserCredential.create({ ...account, userId, username, email, passwordHash: hash() } as never);
  await models.UserLoginAttempt.create({
    ...own(),
    credentialId: account.id,
    identifier: username,
    succeeded: true,
    client: { note: marker },
  } as never);
  await models.UserLoginAttempt.create({ ...own(), identifier: email.toUpperCase(), succeeded: false, reason: 'wrong password' } as never);
  await models.UserLoginLockout.create({ tenantId, identifier: email } as never);
  await models.PasswordResetToken.create({ ...own(), credentialId: account.id, tokenHash: hash(), expiresAt: soon } as never);
  await models.ApiToken.create({ ...own(), userId, name: marker, role: 'user', prefix: marker, tokenHash: hash() } as never);
  const client = await models.OauthClient.create({ id: randomUUID(), externalId: `client-${randomUUID()}` } as never);
  await models.OauthGrant.create({
    ...own(),
    ...{ clientId: client.id, userId, credentialId: account.id, familyId: randomUUID(), kind: 'refresh_token', tokenHash: hash() },
    ...{ resource: `https://example.org/${marker}`, signedInAt: new Date(), expiresAt: soon },
  } as never);
}

/** Where in the database a text occurs, as `table.column`: in every column of every table that can hold text, whoever made it. */
export async function findText({ db }: TestEngine, text: string): Promise<string[]> {
  const columns = await db.sequelize.query<{ table: string; column: string; type: string }>(
    `select c.relname as table, a.attname as column, format_type(a.atttypid, null) as type
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' order by 1, 2`,
    { type: QueryTypes.SELECT },
  );
  const found: string[] = [];
  for (const { table, column, type } of columns) {
    const value = type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`;
    const [row] = await db.sequelize.query<{ there: boolean }>(
      `select exists (select 1 from "${table}" where position(lower($1) in lower(${value})) > 0) as there`,
      { bind: [text], type: QueryTypes.SELECT },
    );
    if (row?.there) found.push(`${table}.${column}`);
  }
  return found;
}
