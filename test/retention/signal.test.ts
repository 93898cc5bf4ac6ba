import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { messageBytes } from '../../src/models/message-bytes.js';
import { describeEngines } from '../support/engines.js';
import { programCommand } from '../support/program.js';
import { expectExact } from './exact.js';
import { readWorld } from './model.js';

const MESSAGES = 12_000;

describeEngines('retention that is told to stop', (engine) => {
  it('ends in order after the batch it is at, long before its end', { timeout: 120_000 }, async () => {
    const tenantId = await engine.freshTenant();
    const { sequelize } = engine.db;
    const replacements = { tenantId };
    await sequelize.query(
      `insert into conversations (tenant_id, id, last_seq, message_count, last_turn, last_stretch)
       select :tenantId, gen_random_uuid(), 100, 100, 100, 1 from generate_series(1, ${MESSAGES / 100})`,
      { replacements },
    );
    await sequelize.query(
      `insert into messages (tenant_id, id, conversation_id, seq, turn, role, content, text, created_at)
       select :tenantId, gen_random_uuid(), c.id, n, n, 'user', '"hello"', 'hello', now() - interval '90 days'
       from conversations c cross join generate_series(1, 100) n where c.tenant_id = :tenantId`,
      { replacements },
    );
    await sequelize.query(
      `insert into corpus_changes (tenant_id, source, subject_id) select :tenantId, 'message', id from messages where tenant_id = :tenantId`,
      { replacements },
    );
    await sequelize.query(
      `update conversations c set stored_bytes = (
         select sum(${messageBytes('m')}) from messages m where m.tenant_id = c.tenant_id and m.conversation_id = c.id)
       where c.tenant_id = :tenantId`,
      { replacements },
    );
    const before = await readWorld(engine.models, tenantId);

    const { url, dataDir } = engine.config;
    const place = url === null ? ['--data-dir', dataDir] : ['--database-url', url];
    const options = ['--tenant', tenantId, '--message-retention-days', '30', ...place];
    const { command, args } = programCommand('retention', 'run', ...options);
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'exit');
    const count = () => engine.models.Message.count({ where: { tenantId } });
    await expect.poll(count, { timeout: 60_000, interval: 20 }).toBeLessThan(MESSAGES);
    const asked = performance.now();
    child.kill('SIGTERM');
    const [code, signal] = await ended;
    // A second where the machine has nothing else to do: bench/retention.ts measures it. All of it would take longer, and leave nothing.
    expect(performance.now() - asked).toBeLessThan(15_000);
    expect([code, signal]).toEqual([1, null]);

    const after = await readWorld(engine.models, tenantId);
    expect(after.messages.length).toBeGreaterThan(0);
    expect(after.messages.length).toBeLessThan(MESSAGES);
    const purged = after.events.filter(({ type }) => type === 'purged').map(({ messageId }) => messageId);
    const left = new Set(after.messages.map(({ id }) => id));
    expect(purged.sort()).toEqual(before.messages.flatMap(({ id }) => (left.has(id) ? [] : [id])).sort());
    const untold = { ...before, messages: before.messages.filter(({ id }) => left.has(id)) };
    await expectExact(engine, tenantId, untold, after);
  });
});
