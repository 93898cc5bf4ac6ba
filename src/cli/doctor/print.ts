import { envName, type FieldName } from '../../config/fields.js';
import { counted } from '../../counted.js';
import { columns, type Output } from '../output.js';
import type { Orphans, Report, Statistics } from './report.js';

/** `leaderSince` as people write it. */
const inWords = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
const figure = (value: string | number | boolean | null): string =>
  typeof value === 'number' ? value.toLocaleString('en') : String(value ?? '-');

type Rows = (readonly [string, string])[];

export function printReport(report: Report, output: Output): void {
  const section = (title: string, rows: Rows): void => {
    if (rows.length === 0) return;
    output.line(output.style('bold', title));
    for (const line of columns(rows)) output.line(line);
    output.line();
  };
  const {
    program,
    settings,
    engine,
    schema,
    rowSecurity,
    shards,
    tables,
    counters,
    orphans,
    statistics,
    attachments,
    locks,
    mcp,
    problems,
  } = report;

  section('Program', [
    ['version', program.version],
    ['node', program.node],
    ['platform', program.platform],
  ]);
  section(
    'Settings',
    Object.entries(settings).map(([name, value]) => [envName(name as FieldName), value === null || value === '' ? '-' : String(value)]),
  );
  if (engine) {
    section('Database', [
      ['engine', `${engine.engine}, ${engine.version.split(' on ')[0]}`],
      ['location', engine.location],
      ['opened in', `${engine.openMs} ms, as ${engine.role}`],
      ['extensions', engine.extensions.map(({ name, version }) => `${name} ${version}`).join(', ') || 'none'],
      ...engine.processes.map(
        ({ pid, role, since }) =>
          ['shared by', `process ${pid}${pid === process.pid ? ' (this command)' : ''}, ${role}, here since ${since}`] as const,
      ),
      ...Object.entries(engine.details).map(([name, value]) => [inWords(name), figure(value)] as const),
    ]);
  }
  if (schema)
    section('Schema', [
      ['applied', String(schema.applied.length)],
      ['pending', schema.pending.join(', ') || 'none'],
      ...(schema.unknown.length > 0 ? [['unknown', schema.unknown.join(', ')] as const] : []),
    ]);
  if (rowSecurity)
    section('Row-level security', [
      [rowSecurity.on ? 'on' : 'off', rowSecurity.on ? `tenants are served as ${rowSecurity.role}` : (rowSecurity.problem ?? '')],
    ]);
  if (shards)
    section('Citus', [
      ['version', shards.citus],
      ['servers with shards', String(shards.workers)],
      ['tables spread', shards.placed === 0 ? 'none; recollect migrate distribute spreads them' : String(shards.placed)],
    ]);
  if (tables) section('Rows', rowsOf(tables));
  if (counters)
    section('Consistency', [
      [
        'counters',
        counters.wrong === 0
          ? `exact in all ${counters.conversations} conversations`
          : `wrong in ${counters.wrong} of ${counters.conversations} conversations`,
      ],
      ...(orphans ? [['vectors and tasks', orphansText(orphans)] as const] : []),
      ...(statistics ? [['statistics of words', statisticsText(statistics)] as const] : []),
      ...(attachments
        ? [
            [
              'attachments',
              attachments.orphans === 0
                ? `all ${attachments.assets} have their messages`
                : `${attachments.orphans} of ${attachments.assets} without their message`,
            ] as const,
          ]
        : []),
    ]);
  if (locks)
    section('Locks', [
      ['waiting', String(locks.waiting)],
      ['oldest transaction', `${locks.oldestTransactionSeconds} s`],
    ]);
  if (mcp)
    section('MCP', [
      ['handshake', `${mcp.handshakeMs} ms`],
      ['tools', `${mcp.tools.length}: ${mcp.tools.join(', ')}`],
    ]);

  for (const problem of problems) output.line(output.style('red', `✗ ${problem}`));
  if (problems.length === 0) output.line(output.style('green', '✓ Everything is in order.'));
}

function orphansText({ vectors, tasks, fixed }: Orphans): string {
  const count = vectors + tasks;
  if (count === 0) return 'all have their messages';
  return fixed ? `${count} that had no message any more were put right` : `${count} without their message`;
}

function statisticsText({ tenants, terms, waiting, wrong, rebuilt }: Statistics): string {
  const state =
    wrong.length > 0 ? `wrong for ${wrong.join(', ')}` : `right: ${counted(terms, 'figure')} of ${counted(tenants, 'tenant')} compared`;
  const made = rebuilt.length > 0 ? `; made anew for ${rebuilt.join(', ')}` : '';
  return `${state}${made}; to be counted: ${counted(waiting, 'change')}`;
}

/** Most tables of a young memory are empty, and say so together. */
function rowsOf(tables: Record<string, number>): Rows {
  const filled = Object.entries(tables).filter(([, rows]) => rows > 0);
  const empty = Object.keys(tables).length - filled.length;
  return [
    ...filled.map(([name, rows]) => [name, String(rows)] as const),
    ...(empty > 0 ? [['(no rows)', counted(empty, 'other table')] as const] : []),
  ];
}
