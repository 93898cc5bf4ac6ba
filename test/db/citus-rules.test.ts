import { describe, expect, inject, it } from 'vitest';
import { connectTo } from '../../bench/place.js';
import { citusWorkers } from '../support/citus.js';
import { tenantStatements } from './support/tenant-statements.js';

const server = inject('postgres');

/** Allowed where it has no column to work on: Citus computes it before it sends the statement. */
const OF_THE_MOMENT = new Set(['now', 'pg_current_xact_id', 'make_interval']);

/** What stands in parentheses, however deep, and the whole. */
function groupsOf(text: string): string[] {
  const groups = [text];
  const open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') open.push(at + 1);
    if (text[at] === ')') groups.push(text.slice(open.pop() ?? 0, at));
  }
  return groups;
}

/** The text without what stands in parentheses. */
function topOf(text: string): string {
  let depth = 0;
  return [...text]
    .filter((letter) => {
      if (letter === '(') depth += 1;
      if (letter === ')') depth -= 1;
      return depth === 0;
    })
    .join('');
}

/** What is wrong with a statement, as far as its text tells without a cluster: `test/db/distribution.test.ts` asks one. */
function problemsOf(text: string, unstable: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  if (/^\s*with\b/.test(text) && /\binsert\s+into\b/.test(topOf(text))) problems.push('inserts beside a CTE');
  for (const group of groupsOf(text)) {
    if (!/^\s*(update|delete)\b/.test(group)) continue;
    if (group.includes('::regconfig')) problems.push('finds a configuration while it changes rows');
    for (const [, name] of group.matchAll(/\b([a-z_]+)\s*\(/g)) if (unstable.has(name!)) problems.push(`${name} while it changes rows`);
  }
  return problems;
}

describe('statements that Citus would refuse', () => {
  it('are known by their text', () => {
    const unstable = new Set(['to_char']);
    expect(problemsOf('with a as (select 1) insert into t select * from a', unstable)).toEqual(['inserts beside a CTE']);
    expect(problemsOf('with a as (insert into t values (1) returning 1) select * from a', unstable)).toEqual([]);
    expect(problemsOf('with a as (update t set x = to_char(y) returning z) select 1', unstable)).toEqual(['to_char while it changes rows']);
    expect(problemsOf('with a as (select to_char(y) as y from t) select 1', unstable)).toEqual([]);
  });

  it.skipIf(!server || citusWorkers().length > 0)('are none of those of tenants', async () => {
    const client = await connectTo({ url: server!.url.replace(/[^/]*$/, server!.template), dataDir: '' });
    try {
      const { rows } = await client.query<{ name: string }>(
        `select proname::text as name from pg_proc where pronamespace = 'pg_catalog'::regnamespace group by proname having bool_and(provolatile <> 'i')`,
      );
      const unstable = new Set(rows.map(({ name }) => name).filter((name) => !OF_THE_MOMENT.has(name)));
      const statements = await tenantStatements(client);
      expect(statements.length).toBeGreaterThan(150);
      const refused = statements
        .map(({ name, text }) => ({ name, problems: problemsOf(text, unstable) }))
        .filter(({ problems }) => problems.length > 0);
      expect(refused).toEqual([]);
    } finally {
      await client.end();
    }
  });
});
