import { bucketsOf } from '../../repository/periods.js';
import type { Stats } from '../../repository/stats.js';
import type { viewStats } from '../../services/stats-view.js';
import { columns, type Output } from '../output.js';
import { type ChartRow, chart, printable } from './chart.js';

const WIDEST = 120;
const NARROWEST = 40;
const LONGEST_LIST = 10;

const number = (count: number): string => count.toLocaleString('en');
const list = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${number(count)} ${name}`)
    .join(', ') || 'none';

/** Statistics for people, in a terminal of a certain width. */
export function printStats(
  tenantId: string,
  view: ReturnType<typeof viewStats>,
  { period, from, to }: Pick<Stats, 'period'> & { from: Date | undefined; to: Date },
  { line, style }: Output,
  terminalWidth: number,
): void {
  const width = Math.max(NARROWEST, Math.min(WIDEST, terminalWidth));
  const { totals, averages, longest_conversation: longest } = view;
  const section = (title: string): void => {
    line();
    line(style('bold', title));
  };
  const draw = (title: string, rows: readonly ChartRow[]): void => {
    if (rows.every(({ value }) => value === 0)) return;
    section(title);
    for (const row of chart(rows, width, (bar) => style('cyan', bar))) line(row.trimEnd());
  };

  line(style('bold', `Tenant ${tenantId}`));
  const rows: [string, string][] = [
    ['conversations', `${number(totals.conversations)} (${list(totals.conversations_by_status)})`],
    ['messages', `${number(totals.messages)} (${list(totals.messages_by_role)})`],
    ['tokens', `${number(totals.total_tokens)} (${number(totals.input_tokens)} in, ${number(totals.output_tokens)} out)`],
    [
      'on average',
      `${number(averages.messages_per_conversation)} messages, ${number(averages.turns_per_conversation)} turns and ` +
        `${number(averages.tokens_per_conversation)} tokens a conversation`,
    ],
    ['users', number(totals.users)],
    ['memories', number(totals.memories)],
    ['tasks', `${number(totals.tasks)} (${list(totals.tasks_by_status)})`],
    ['to embed', `${number(view.pending_embeddings)} messages and memories`],
  ];
  if (longest) {
    const of = [longest.title && `“${longest.title}”`, longest.user && `of ${longest.user}`].filter(Boolean).join(' ');
    rows.push(['longest', `${number(longest.message_count)} messages${of ? `: ${printable(of)}` : ''} (${longest.id})`]);
  }
  for (const row of columns(rows)) line(row);

  // Periods in which nothing was said are left out of the figures, not of a picture of them.
  const said = new Map(view.by_period.map(({ start, messages }) => [start, messages]));
  const buckets = bucketsOf(period, from, to) ?? [];
  draw(
    `Messages by ${period}`,
    buckets.map(({ start }) => ({
      label: start.toISOString().slice(0, period === 'month' ? 7 : 10),
      value: said.get(start.toISOString()) ?? 0,
    })),
  );
  draw(
    'Most active users',
    view.most_active_users.map(({ user, messages, conversations }) => ({
      label: user,
      value: messages,
      note: inConversations(conversations),
    })),
  );
  draw(
    'Platforms',
    view.by_platform.slice(0, LONGEST_LIST).map(({ platform, messages, conversations }) => ({
      label: platform ?? '(none)',
      value: messages,
      note: inConversations(conversations),
    })),
  );
}

const inConversations = (count: number): string => `in ${number(count)} conversation${count === 1 ? '' : 's'}`;
