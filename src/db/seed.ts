import { createHash } from 'node:crypto';
import type { Transaction } from 'sequelize';
import { conversationRows } from '../../seeders/conversation-rows.js';
import { demo } from '../../seeders/demo.js';
import { contentHash } from '../models/content-hash.js';
import type { Models } from '../models/index.js';
import { attachmentBytes, messageBytes } from '../models/message-bytes.js';
import type { Database, Statement } from './database.js';

/** Puts the demo household into a tenant. Running it again changes nothing, and never touches what was written since. */
export async function seed(db: Database, models: Models, { tenantId }: { tenantId: string }): Promise<void> {
  await db.transaction(async (transaction) => {
    await models.Tenant.bulkCreate([{ id: tenantId, name: tenantId }], { ignoreDuplicates: true, transaction });
    const seeding: Seeding = { db, models, tenantId, transaction, once: { ignoreDuplicates: true, transaction } };
    const users = await seedUsers(seeding);
    const devices = await seedDevices(seeding);
    const conversations = await seedConversations(seeding, users, devices);
    await seedMemories(seeding, users, conversations);
    await seedGraph(seeding);
    await models.Task.bulkCreate(
      demo.tasks.map(({ user, conversation, title, dueAt, status }) => ({
        ...key(tenantId, `task:${title}`),
        userId: known(users, user),
        conversationId: known(conversations, conversation),
        title,
        status,
        dueAt: dueAt === null ? null : new Date(dueAt),
      })),
      seeding.once,
    );
  });
}

type Seeding = {
  db: Database;
  models: Models;
  tenantId: string;
  transaction: Transaction;
  /** A row that is there already is left as it is. */
  once: { ignoreDuplicates: true; transaction: Transaction };
};
type Ids = Map<string, string>;

async function seedUsers({ models: { User }, tenantId, once }: Seeding): Promise<Ids> {
  const { transaction } = once;
  await User.bulkCreate(
    demo.users.map((user) => ({ ...key(tenantId, `user:${user.externalId}`), ...user })),
    once,
  );
  const rows = await User.findAll({ where: { tenantId, externalId: demo.users.map(({ externalId }) => externalId) }, transaction });
  return new Map(rows.map(({ externalId, id }) => [externalId, id]));
}

async function seedDevices({ models: { Device }, tenantId, once }: Seeding): Promise<Ids> {
  const { transaction } = once;
  await Device.bulkCreate(
    demo.devices.map((device) => ({ ...key(tenantId, `device:${device.externalId}`), ...device })),
    once,
  );
  const rows = await Device.findAll({ where: { tenantId, externalId: demo.devices.map(({ externalId }) => externalId) }, transaction });
  return new Map(rows.map(({ externalId, id }) => [externalId, id]));
}

async function seedConversations({ db, models, tenantId, transaction }: Seeding, users: Ids, devices: Ids): Promise<Ids> {
  const { Conversation, Message, MessageEvent } = models;
  const ids: Ids = new Map();
  for (const conversation of demo.conversations) {
    const { key: conversationKey, user, device, title, topic, summary } = conversation;
    const there = await Conversation.findOne({ where: { tenantId, conversationKey }, transaction });
    ids.set(conversationKey, there?.id ?? idOf(tenantId, conversationKey));
    // Its messages may have been removed since on purpose: only a new conversation gets them.
    if (there) continue;

    const { id: conversationId } = key(tenantId, conversationKey);
    const userId = known(users, user);
    const { header, messages, events } = conversationRows(conversation);
    const speaker = demo.users.find(({ externalId }) => externalId === user)?.displayName ?? null;
    const deviceId = known(devices, device);
    const named = { userId, deviceId, conversationKey, title, topic, summary };
    await Conversation.create({ tenantId, id: conversationId, ...named, ...header }, { transaction });
    const rows = messages.map((message) => ({
      ...key(tenantId, `${conversationKey}:${message.seq}`),
      conversationId,
      userId,
      author: message.role === 'user' ? speaker : null,
      clientMessageId: `${conversationKey}:${message.seq}`,
      ...message,
    }));
    await Message.bulkCreate(rows, { transaction });
    await MessageEvent.bulkCreate(
      events.map(({ messageAt, ...event }) => ({
        tenantId,
        conversationId,
        messageId: messageAt === null ? null : (rows[messageAt]?.id ?? null),
        userId,
        actor: 'system',
        ...event,
      })),
      { transaction },
    );
    await db.query(indexMessages, [tenantId, conversationId], transaction);
    await db.query(measureConversation, [tenantId, conversationId], transaction);
  }
  return ids;
}

async function seedMemories({ db, models, tenantId, transaction, once }: Seeding, users: Ids, conversations: Ids): Promise<void> {
  const rows = demo.memories.map(({ user, conversation, at, content, ...memory }) => ({
    ...key(tenantId, memory.clientId),
    ...memory,
    userId: known(users, user),
    conversationId: known(conversations, conversation),
    content,
    contentHash: contentHash(content),
    source: 'agent' as const,
    occurredAt: new Date(at),
    createdAt: new Date(at),
  }));
  await models.EpisodicMemory.bulkCreate(rows, once);
  await db.query(indexMemories, [tenantId, rows.map(({ id }) => id)], transaction);
}

async function seedGraph({ db, models, tenantId, transaction, once }: Seeding): Promise<void> {
  const { MemoryGraphNode, MemoryGraphObservation, MemoryGraphEdge } = models;
  await MemoryGraphNode.bulkCreate(
    demo.nodes.map(({ key: name, type }) => ({ ...key(tenantId, `node:${name}`), key: name, label: name, type })),
    once,
  );
  const found = await MemoryGraphNode.findAll({
    where: { tenantId, graph: 'main', key: demo.nodes.map(({ key: name }) => name) },
    transaction,
  });
  const nodes: Ids = new Map(found.map((node) => [node.key, node.id]));
  await MemoryGraphObservation.bulkCreate(
    demo.nodes.flatMap(({ key: name, observations }) =>
      observations.map((text) => ({
        ...key(tenantId, `observation:${name}:${text}`),
        nodeId: known(nodes, name),
        text,
        textHash: sha256(text),
        source: 'agent',
      })),
    ),
    once,
  );
  await MemoryGraphEdge.bulkCreate(
    demo.edges.map(({ source, type, target, validFrom }) => ({
      ...key(tenantId, `edge:${source}:${type}:${target}`),
      sourceId: known(nodes, source),
      targetId: known(nodes, target),
      type,
      validFrom: validFrom === undefined ? null : new Date(validFrom),
    })),
    once,
  );
  await db.query(indexNodes, [tenantId, [...nodes.values()]], transaction);
}

/** What is indexed also waits to be counted. */
const counted = (source: 'message' | 'memory' | 'node', table: string, found: string): string => `
with found as materialized (${found.trim()}),
indexed as (update ${table} t set search = f.search from found f where t.tenant_id = $1 and t.id = f.id),
noted as (insert into corpus_changes (tenant_id, source, subject_id, user_id) select $1, '${source}', f.id, f.user_id from found f)
select 1`;

const measureConversation: Statement = {
  name: 'seed_measure_conversation',
  text: `
update conversations c set stored_bytes = (
  select coalesce(sum(${messageBytes('m', attachmentBytes('m', '$1'))}), 0) from messages m where m.tenant_id = $1 and m.conversation_id = c.id)
where c.tenant_id = $1 and c.id = $2`,
};

const indexMessages: Statement = {
  name: 'seed_index_messages',
  text: counted(
    'message',
    'messages',
    `
select m.id, m.user_id, to_tsvector(n.text_search_config::regconfig, m.text) as search
from messages m, tenants n where n.id = $1 and m.tenant_id = $1 and m.conversation_id = $2`,
  ),
};

const indexMemories: Statement = {
  name: 'seed_index_memories',
  text: counted(
    'memory',
    'episodic_memories',
    `
select m.id, m.user_id, to_tsvector(n.text_search_config::regconfig, concat_ws(' ', m.title, m.content)) as search
from episodic_memories m, tenants n where n.id = $1 and m.tenant_id = $1 and m.id = any($2::uuid[]) and m.search = ''`,
  ),
};

const indexNodes: Statement = {
  name: 'seed_index_nodes',
  text: counted(
    'node',
    'memory_graph_nodes',
    `
select g.id, null::uuid as user_id, to_tsvector(n.text_search_config::regconfig, concat_ws(' ', g.key, g.type, (
    select string_agg(o.text, ' ') from memory_graph_observations o where o.tenant_id = $1 and o.node_id = g.id))) as search
from memory_graph_nodes g, tenants n where n.id = $1 and g.tenant_id = $1 and g.id = any($2::uuid[]) and g.search = ''`,
  ),
};

const key = (tenantId: string, name: string): { tenantId: string; id: string } => ({ tenantId, id: idOf(tenantId, name) });

/** The same id for the same thing in every run, in the form of a UUIDv8, whose bits are the application's. */
function idOf(tenantId: string, name: string): string {
  const bytes = createHash('sha256').update(`recollect demo\0${tenantId}\0${name}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function known(ids: Ids, name: string): string {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`The demo names ${name} and does not describe it.`);
  return id;
}
