import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { prompts } from '../src/mcp/prompts/index.js';
import { resources } from '../src/mcp/resources/index.js';
import { tools } from '../src/mcp/tools/index.js';
import { type Agent, agentFor } from './support/agent.js';
import { describeEngines } from './support/engines.js';

/** What somebody else has, and what nobody has: a call must not be able to tell one from the other. */
type Ids = { conversation: string; key: string; message: string; user: string; task: string; asset: string; memory: string };
const SECRET = 'the-secret-of-somebody-else';

/** How each tool can be pointed at a row. A tool that is missing here fails the test below. */
const pointAt: Record<string, ((ids: Ids) => Record<string, unknown>)[]> = {
  save_turn: [({ conversation }) => ({ conversation_id: conversation, messages: [{ role: 'user', content: 'intruder' }] })],
  load_history: [
    ({ conversation }) => ({ conversation_id: conversation }),
    ({ key }) => ({ conversation_key: key }),
    ({ conversation, message }) => ({ conversation_id: conversation, around_message_id: message }),
  ],
  list_conversations: [({ user }) => ({ user }), () => ({}), () => ({ query: SECRET })],
  update_conversation: [({ conversation }) => ({ conversation_id: conversation, title: 'taken' })],
  delete_conversation: [
    ({ conversation }) => ({ conversation_id: conversation }),
    ({ conversation }) => ({ conversation_id: conversation, dry_run: true }),
  ],
  search_messages: [
    () => ({ query: SECRET }),
    ({ conversation }) => ({ query: SECRET, conversation_id: conversation }),
    ({ user }) => ({ query: SECRET, user }),
  ],
  remember: [
    ({ conversation }) => ({ content: 'intruder', conversation_id: conversation }),
    ({ message }) => ({ content: 'intruder', message_ids: [message] }),
    ({ memory }) => ({ content: 'intruder', supersedes: memory }),
  ],
  recall: [
    () => ({ query: SECRET }),
    ({ conversation }) => ({ query: SECRET, conversation_id: conversation }),
    ({ user }) => ({ query: SECRET, user, include_superseded: true, include_expired: true }),
    () => ({ query: SECRET, sources: ['memories'], as_of: '2100-01-01T00:00:00Z' }),
  ],
  get_context: [
    ({ conversation }) => ({ conversation_id: conversation }),
    ({ key }) => ({ conversation_key: key, query: SECRET }),
    ({ user }) => ({ query: SECRET, user }),
  ],
  forget: [
    ({ memory }) => ({ memory_ids: [memory] }),
    ({ memory }) => ({ memory_ids: [memory], mode: 'hard' }),
    ({ memory }) => ({ memory_ids: [memory], mode: 'restore' }),
    ({ user }) => ({ filter: { user }, mode: 'hard' }),
    ({ conversation }) => ({ filter: { conversation_id: conversation } }),
    () => ({ filter: { query: SECRET } }),
  ],
  graph_upsert: [],
  graph_query: [
    () => ({ query: SECRET }),
    ({ key }) => ({ keys: [key], depth: 2 }),
    ({ key }) => ({ from: key, to: `${key}-2` }),
    ({ key }) => ({ keys: [key], known_at: '2999-01-01' }),
  ],
  get_message: [({ message }) => ({ message_id: message })],
  edit_message: [({ message }) => ({ message_id: message, content: 'defaced' })],
  delete_message: [
    ({ message }) => ({ message_id: message }),
    ({ message }) => ({ message_id: message, mode: 'restore' }),
    ({ message }) => ({ message_id: message, mode: 'hard' }),
  ],
  poll_events: [({ conversation }) => ({ after: '0', conversation_id: conversation }), () => ({ after: '0', types: ['edited'] })],
  get_user_profile: [({ user }) => ({ user })],
  upsert_user_profile: [],
  list_user_profiles: [() => ({ query: SECRET })],
  forget_user: [({ user }) => ({ user }), ({ user }) => ({ user, dry_run: false, confirm: user })],
  create_entities: [({ key }) => ({ entities: [{ name: key, entityType: 'intruder', observations: [] }] })],
  create_relations: [({ key }) => ({ relations: [{ from: key, to: key, relationType: 'is' }] })],
  add_observations: [({ message }) => ({ observations: [{ entityName: message, contents: ['intruder'] }] })],
  delete_observations: [({ key }) => ({ deletions: [{ entityName: key, observations: [SECRET] }] })],
  delete_relations: [({ key }) => ({ relations: [{ from: key, to: key, relationType: 'is' }] })],
  search_nodes: [({ message }) => ({ query: message }), () => ({ query: SECRET })],
  open_nodes: [({ message }) => ({ names: [message] })],
  delete_entities: [({ key }) => ({ entityNames: [key] }), ({ message }) => ({ entityNames: [message] })],
  read_graph: [() => ({})],
  graph_delete: [
    ({ key }) => ({ keys: [key] }),
    ({ key }) => ({ observations: [{ key, text: SECRET }] }),
    ({ key }) => ({ edges: [{ source: key, target: `${key}-2`, type: SECRET }] }),
  ],
  graph_stats: [() => ({}), () => ({ graph: SECRET })],
  create_task: [
    ({ conversation }) => ({ title: 'x', conversation_id: conversation }),
    ({ message }) => ({ title: 'x', message_id: message }),
  ],
  list_tasks: [() => ({}), ({ conversation }) => ({ conversation_id: conversation }), ({ user }) => ({ user })],
  update_task: [({ task }) => ({ task_id: task, status: 'done' })],
  export_conversation: [
    ({ conversation }) => ({ conversation_id: conversation }),
    ({ conversation }) => ({ conversation_id: conversation, format: 'markdown' }),
  ],
  import_conversation: [],
  get_stats: [() => ({})],
  check_token_budget: [({ conversation }) => ({ conversation_id: conversation, max_tokens: 10 })],
  get_retention_policy: [() => ({})],
  set_retention_policy: [() => ({ memory_retention_days: 1 })],
  run_retention: [() => ({ dry_run: true }), () => ({})],
  list_jobs: [() => ({ runs: 20 })],
  run_job: [() => ({ job: 'housekeeping' })],
  upsert_vectors: [
    ({ message }) => ({ vectors: [{ message_id: message, model: 'm', values: [1] }] }),
    ({ memory }) => ({ vectors: [{ memory_id: memory, model: 'm', values: [1] }] }),
  ],
  query_vectors: [
    () => ({ values: [1, 0], model: 'm' }),
    ({ conversation }) => ({ values: [1, 0], model: 'm', conversation_id: conversation }),
  ],
  delete_vectors: [
    ({ message }) => ({ message_ids: [message] }),
    ({ conversation }) => ({ conversation_id: conversation }),
    () => ({ model: 'm' }),
  ],
  list_accounts: [() => ({ query: SECRET }), () => ({})],
  list_login_attempts: [() => ({}), ({ user }) => ({ identifier: user })],
  unlock_account: [({ user }) => ({ account: user })],
};

const pointResource = (template: string, ids: Ids): string =>
  template
    .replace('conversations/{id}', `conversations/${ids.conversation}`)
    .replace('assets/{id}', `assets/${ids.asset}`)
    .replace('memories/{id}', `memories/${ids.memory}`)
    .replace('{graph}/nodes/{key}', `main/nodes/${ids.key}`)
    .replace('{external_id}', encodeURIComponent(ids.user))
    .replace(/\{\?.*\}/, '');

const nobodys = (): Ids => ({
  conversation: randomUUID(),
  key: `key-${randomUUID()}`,
  message: randomUUID(),
  user: `user-${randomUUID()}`,
  task: randomUUID(),
  asset: randomUUID(),
  memory: randomUUID(),
});

/** Fills a principal's world with one of everything. */
async function settle(agent: Agent, user: string): Promise<Ids> {
  const saved = await agent.call('save_turn', {
    conversation_key: `key-${user}`,
    title: SECRET,
    messages: [{ role: 'user', content: `It is ${SECRET}`, attachments: [{ name: SECRET, mime_type: 'text/plain', data: 'aGk=' }] }],
  });
  const message = saved.messages[0].id;
  await agent.call('edit_message', { message_id: message, content: `It was ${SECRET}` });
  await agent.call('upsert_vectors', { vectors: [{ message_id: message, model: 'm', values: [1, 0], metadata: { note: SECRET } }] });
  const history = await agent.call('load_history', { conversation_id: saved.conversation_id });
  const { task } = await agent.call('create_task', { title: SECRET, conversation_id: saved.conversation_id });
  await agent.call('upsert_user_profile', { user, profile: { note: SECRET } });
  const { memory } = await agent.call('remember', { content: SECRET, user, conversation_id: saved.conversation_id });
  const entity = { entityType: 'secret', observations: [SECRET] };
  await agent.call('create_entities', { entities: [`key-${user}`, message].map((name) => ({ name, ...entity })) });
  await agent.call('create_relations', { relations: [{ from: `key-${user}`, to: `key-${user}`, relationType: 'is' }] });
  await agent.call('graph_upsert', {
    nodes: [{ key: `key-${user}`, label: SECRET, observations: [SECRET] }],
    edges: [{ source: `key-${user}`, target: `key-${user}-2`, type: SECRET }],
  });
  await agent.call('graph_upsert', { nodes: [{ key: SECRET }], graph: SECRET });
  return {
    conversation: saved.conversation_id,
    key: `key-${user}`,
    message,
    user,
    task: task.id,
    asset: history.messages[0].attachments[0].id,
    memory: memory.id,
  };
}

/** What an intruder is told, with the ids taken out that it knew anyway. */
const told = (answer: unknown, ids: Ids): string =>
  Object.values(ids)
    .reduce((text, id) => text.replaceAll(id, 'ID'), JSON.stringify(answer))
    .replace(/"next_cursor":"[^"]*"|after \\"[^"]*\\"/g, '');

async function answerOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

it('knows how to point every tool at a row', () => {
  expect(Object.keys(pointAt).sort()).toEqual(tools.map((tool) => tool.name).sort());
});

describeEngines('isolation', (engine) => {
  const worlds = {
    'another tenant': async () => {
      const owner = { tenantId: await engine.freshTenant(), user: 'owner' };
      return { owner, intruder: { tenantId: await engine.freshTenant() } };
    },
    'another user': async () => {
      const tenantId = await engine.freshTenant();
      return { owner: { tenantId, user: 'owner' }, intruder: { tenantId, user: 'intruder' } };
    },
  };

  for (const [name, world] of Object.entries(worlds)) {
    it(`answers for the rows of ${name} as for rows that do not exist, and changes none`, async () => {
      const { owner, intruder } = await world();
      await using theirs = await agentFor(engine, owner);
      await using mine = await agentFor(engine, intruder);
      const ids = await settle(theirs, owner.user);
      const missing = nobodys();
      const everything = async () =>
        JSON.stringify([
          await theirs.call('load_history', { conversation_id: ids.conversation, include_deleted: true }),
          await theirs.call('get_user_profile', { user: ids.user }),
          await theirs.call('list_tasks', {}),
          await theirs.call('query_vectors', { values: [1, 0], model: 'm' }),
          (await theirs.client.readResource({ uri: `memory://memories/${ids.memory}` })).contents,
          (await theirs.call('poll_events', { after: '0' })).events.map(({ event_seq, after }: Record<string, unknown>) => ({
            event_seq,
            after,
          })),
          await theirs.call('read_graph', {}),
          await theirs.call('graph_query', { keys: [ids.key], depth: 2 }),
        ]);
      const before = await everything();

      for (const [tool, ways] of Object.entries(pointAt)) {
        for (const way of ways) {
          const answer = await answerOf(mine.client.callTool({ name: tool, arguments: way(ids) }));
          const control = await answerOf(mine.client.callTool({ name: tool, arguments: way(missing) }));
          expect(told(answer, ids), tool).toBe(told(control, missing));
          expect(JSON.stringify(answer), tool).not.toContain(SECRET === way(ids).query ? `It was ${SECRET}` : SECRET);
        }
      }
      for (const { uriTemplate } of resources.filter((resource) => resource.uriTemplate.includes('{'))) {
        const answer = await answerOf(mine.client.readResource({ uri: pointResource(uriTemplate, ids) }));
        const control = await answerOf(mine.client.readResource({ uri: pointResource(uriTemplate, missing) }));
        expect(told(answer, ids), uriTemplate).toBe(told(control, missing));
      }
      for (const prompt of prompts) {
        const args = (of: Ids) => ({
          name: prompt.name,
          arguments: Object.fromEntries(prompt.arguments.map((one) => [one.name, of.conversation])),
        });
        const answer = await answerOf(mine.client.getPrompt(args(ids)));
        const control = await answerOf(mine.client.getPrompt(args(missing)));
        expect(told(answer, ids), prompt.name).toBe(told(control, missing));
        for (const argument of prompt.arguments) {
          const ref = { type: 'ref/prompt' as const, name: prompt.name };
          const { completion } = await mine.client.complete({ ref, argument: { name: argument.name, value: '' } });
          expect(
            completion.values.filter((value) => Object.values(ids).includes(value) || value.includes(SECRET)),
            prompt.name,
          ).toEqual([]);
        }
      }
      expect(JSON.stringify(await mine.client.listResources())).not.toMatch(new RegExp(`${ids.conversation}|${ids.memory}`));
      expect(await everything()).toBe(before);
    });
  }
});
