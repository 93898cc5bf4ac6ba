const DEPTHS = [1, 5, 10, 20, 50] as const;
/** Of one question, or the means of many: shares from 0 to 1. */
export type Measures = Readonly<Record<`R@${(typeof DEPTHS)[number]}` | 'MRR' | 'NDCG@10' | 'All@10', number>>;

/** How well an order of ids finds the evidence. */
export function measure(order: readonly string[], evidence: ReadonlySet<string>): Measures {
  const ranks = order.flatMap((id, at) => (evidence.has(id) ? [at + 1] : []));
  const within = (depth: number) => ranks.filter((rank) => rank <= depth).length;
  const gain = (ranks: readonly number[]) => ranks.filter((rank) => rank <= 10).reduce((sum, rank) => sum + 1 / Math.log2(rank + 1), 0);
  const recall = (depth: number) => within(depth) / evidence.size;
  return {
    'R@1': recall(1),
    'R@5': recall(5),
    'R@10': recall(10),
    'R@20': recall(20),
    'R@50': recall(50),
    MRR: ranks[0] === undefined ? 0 : 1 / ranks[0],
    'NDCG@10': gain(ranks) / gain([...evidence].map((_, at) => at + 1)),
    'All@10': within(10) === evidence.size ? 1 : 0,
  };
}

export function mean(all: readonly Measures[]): Measures {
  const names = Object.keys(all[0] ?? measure([], new Set(['']))) as (keyof Measures)[];
  const entries = names.map((name) => [name, all.reduce((sum, measures) => sum + measures[name], 0) / Math.max(all.length, 1)]);
  return Object.fromEntries(entries) as Measures;
}

export const row = (label: string, { length }: readonly Measures[], means: Measures): string =>
  `| ${label} | ${length} | ${Object.values(means)
    .map((value) => (100 * value).toFixed(1))
    .join(' | ')} |`;

export const head = (title: string): string => {
  const names = ['questions', ...Object.keys(mean([]))];
  return `\n| ${title} | ${names.join(' | ')} |\n|---|${names.map(() => '---:|').join('')}`;
};
