import { expect, it } from 'vitest';
import { agentFor } from '../support/agent.js';
import { describeEngines, type TestEngine } from '../support/engines.js';
import { RecordingDatabase, type SentStatement } from '../support/recording-database.js';
import { type Call, type Connect, settle } from './world.js';

/** More calls than a resident makes at first: what changes and removes. */
const moreCalls = (id: Record<'conversation' | 'message' | 'memory' | 'task', string>, node: string): Call[] => [
  { tool: 'list_user_profiles', args: {} },
  { tool: 'check_token_budget', args: { conversation_id: id.conversation, max_tokens: 10 } },
  { tool: 'update_task', args: { task_id: id.task, status: 'done' } },
  { tool: 'search_messages', args: { query: 'word', conversation_id: id.conversation } },
  { tool: 'graph_query', args: { from: node, to: 'shared-node' } },
  { tool: 'search_nodes', args: { query: 'node' } },
  { tool: 'add_observations', args: { observations: [{ entityName: node, contents: ['more'] }] } },
  { tool: 'delete_observations', args: { deletions: [{ entityName: node, observations: ['more'] }] } },
  { tool: 'delete_relations', args: { relations: [{ from: node, to: 'shared-node', relationType: 'is' }] } },
  { tool: 'forget', args: { memory_ids: [id.memory] } },
  { tool: 'forget', args: { memory_ids: [id.memory], mode: 'restore' } },
  { tool: 'forget', args: { memory_ids: [id.memory], mode: 'hard' } },
  { tool: 'forget', args: { filter: { query: 'instead' }, dry_run: true } },
  { tool: 'graph_delete', args: { keys: [node] } },
  { tool: 'delete_entities', args: { entityNames: ['shared-node'] } },
  { tool: 'delete_vectors', args: { model: 'other' } },
  { tool: 'delete_message', args: { message_id: id.message, mode: 'hard' } },
  { tool: 'delete_conversation', args: { conversation_id: id.conversation } },
];

describeEngines('statements in the wrong hands', (engine) => {
  it.skipIf(engine.name === 'embedded')(
    'answer and change nothing when the tenant they name is not the one they are sent for',
    async () => {
      const [mine, theirs] = [await engine.freshTenant(), await engine.freshTenant()];
      const sent: SentStatement[] = [];
      const recorded = Object.create(engine, {
        db: { value: new RecordingDatabase(engine.db, sent) },
        models: { value: engine.models },
      }) as TestEngine;
      const connect: Connect = (_, who) => agentFor(recorded, who);
      const victim = await settle(recorded, connect, { tenantId: theirs, user: 'victim' });
      const { handles, secret } = victim;
      {
        await using agent = await agentFor(recorded, { tenantId: theirs, user: 'victim' });
        const id = {
          conversation: handles.conversation[1]!,
          message: handles.message[1]!,
          memory: handles.memory[1]!,
          task: handles.task[0]!,
        };
        for (const { tool, args } of moreCalls(id, 'node-victim')) await agent.client.callTool({ name: tool, arguments: args });
        for (const uri of [`memory://assets/${handles.asset[0]}`, 'memory://stats', 'memory://graph'])
          await agent.client.readResource({ uri }).catch(() => undefined);
      }

      const statements = new Map<string, SentStatement>();
      // The first of each kind: what came later found less.
      for (const one of sent) if (one.values[0] === theirs && !statements.has(one.statement.name)) statements.set(one.statement.name, one);
      expect(statements.size).toBeGreaterThan(70);

      const everything = async () => {
        const tables = [
          'conversations',
          'messages',
          'message_events',
          'message_assets',
          'message_vectors',
          'episodic_memories',
          'memory_vectors',
          'tasks',
          'users',
          'memory_graph_nodes',
          'memory_graph_observations',
          'memory_graph_edges',
          'corpus_terms',
          'corpus_changes',
        ];
        const sums = tables.map(
          (table) =>
            `(select md5(coalesce(string_agg(t::text, '' order by t::text), '')) from ${table} t where tenant_id = $1) as ${table}`,
        );
        return engine.db.query({ name: 'everything', text: `select ${sums.join(', ')}` }, [theirs]);
      };
      const before = await everything();
      const view = engine.db.forTenant(mine);
      for (const { statement, values } of statements.values()) {
        const answer = view.query(statement, values);
        if (statement.asOwner) {
          await expect(answer, statement.name).rejects.toThrow('for another tenant');
          continue;
        }
        const text = JSON.stringify(await answer.catch((error: unknown) => ({ refused: (error as { code?: string }).code })));
        expect(text, statement.name).not.toContain(secret);
        const given = JSON.stringify(values);
        for (const id of [...handles.conversation, ...handles.message, ...handles.memory, ...handles.task])
          if (!given.includes(id)) expect(text, statement.name).not.toContain(id);
      }
      expect(await everything()).toEqual(before);
      // The same statements in the right hands do answer: the secret was there to be found.
      const own = engine.db.forTenant(theirs);
      const found = await Promise.all(
        [...statements.values()]
          .filter(({ statement }) => /^(load_history|find_message|find_user|list_conversations)$/.test(statement.name))
          .map(({ statement, values }) => own.query(statement, values)),
      );
      expect(JSON.stringify(found)).toContain(secret);
    },
    60_000,
  );
});
