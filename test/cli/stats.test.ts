import fc from 'fast-check';
import { expect, it } from 'vitest';
import stats from '../../src/cli/commands/stats.js';
import { bar, chart } from '../../src/cli/stats/chart.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { runHere } from './run-here.js';

it('draws bars to an eighth of a character, and something for what is not nothing', () => {
  expect(bar(8, 8, 4)).toBe('████');
  expect(bar(4, 8, 4)).toBe('██');
  expect(bar(5, 8, 4)).toBe('██▌');
  expect(bar(1, 1_000_000, 4)).toBe('▏');
  expect(bar(0, 8, 4)).toBe('');
  expect(bar(3, 0, 4)).toBe('');
});

it('keeps a chart within the terminal, however wide it is and whatever the labels say', () => {
  const row = fc.record({ label: fc.string({ maxLength: 80 }), value: fc.nat(2_000_000) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), fc.integer({ min: 40, max: 160 }), (rows, width) => {
      const lines = chart(rows, width);
      expect(lines).toHaveLength(rows.length);
      for (const line of lines) {
        expect([...line].length).toBeLessThanOrEqual(width);
        expect(line).not.toMatch(/\p{Cc}/u);
      }
      expect(new Set(lines.map((line) => [...line].length - line.split('  ').at(-1)!.length)).size).toBeLessThanOrEqual(rows.length);
    }),
  );
});

describeEngines('recollect stats', (engine) => {
  const run = (tenantId: string, ...args: string[]) => {
    const { url, dataDir } = engine.config;
    return runHere(stats, '--tenant', tenantId, ...args, ...(url === null ? ['--data-dir', dataDir] : ['--database-url', url]));
  };

  it('shows figures and charts of a tenant or of one user, or JSON', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    const say = (user: string, platform: string, ...times: string[]) =>
      agent.call('save_turn', {
        user,
        platform,
        title: `What ${user} said\u001b[31m`,
        messages: times.map((created_at) => ({ role: 'user', content: 'hello', input_tokens: 5, created_at })),
      });
    await say('ann', 'slack', '2026-03-01T10:00Z', '2026-03-01T11:00Z', '2026-03-03T10:00Z');
    await say('bob', 'mail', '2026-03-03T10:00Z');
    const range = ['--from', '2026-03-01', '--to', '2026-03-04'];
    const { code, lines } = await run(tenantId, ...range);
    expect(code).toBe(0);
    const text = lines.join('\n');
    expect(text).toMatch(/^ {2}messages {7}4 \(4 user\)$/m);
    expect(text).toMatch(/^ {2}longest {8}3 messages: “What ann said \[31m” of ann \(/m);
    expect(text).toMatch(/^Messages by day\n {2}2026-03-01 {2}█+ {2}2\n {2}2026-03-02 {3,}0\n {2}2026-03-03 {2}█+ {2}2$/m);
    expect(text).toMatch(/^Most active users\n {2}ann {2}█+ {2}3 {2}in 1 conversation\n {2}bob {2}█+\S? +1 {2}in 1 conversation$/m);
    expect(text).toMatch(/^Platforms\n {2}slack/m);

    const { json } = await run(tenantId, '--user', 'bob', '--json', ...range);
    expect(json).toMatchObject({
      totals: { messages: 1, input_tokens: 5 },
      by_period: [{ messages: 1 }],
      most_active_user: { user: 'bob' },
    });
    expect(json).toEqual(await agent.call('get_stats', { user: 'bob', from: '2026-03-01', to: '2026-03-04' }));

    expect((await run(await engine.freshTenant())).lines.join('\n')).not.toMatch(/Messages by|users\n.*█/);
    await expect(run(tenantId, '--period', 'year')).rejects.toThrow(/--period is "year"; allowed: day, week, month/);
    await expect(run(tenantId, '--from', 'yesterday')).rejects.toThrow(/--from is "yesterday"/);
    await expect(run(tenantId, '--user', 'nobody')).rejects.toThrow(/No user/);
  });
});
