import { parseArgs } from 'node:util';

export const ENGINES = ['embedded', 'postgres'] as const;
export type Engine = (typeof ENGINES)[number];
const CASES = ['save_turn', 'load_history', 'startup'] as const;
export type CaseName = (typeof CASES)[number];

export type Options = Readonly<{
  engines: readonly Engine[];
  /** Messages in the conversation that is measured, smallest first. */
  sizes: readonly number[];
  only: ReadonlySet<CaseName>;
  json: string | null;
  quick: boolean;
}>;

export const HELP = `Measures save_turn, load_history and start-up beside the floor of the same run.

  npm run bench -- [options]

  --engines LIST   ${ENGINES.join(', ')} (both)
  --sizes LIST     messages in the conversation, such as 1k,50k,1m (1k,1m)
  --only LIST      ${CASES.join(', ')} (all)
  --json FILE      where the figures go (bench/results/<time>.json)
  --quick          fewer samples, and 1k messages unless --sizes says otherwise
  --help           this text

The floor is the same SQL text with the same values, sent by a plain pg client to the same engine; each measured call
and its floor take turns, so that a machine that gets slower slows both. RECOLLECT_TEST_DATABASE_URL names a PostgreSQL
server to use instead of one that is started for the run. Exit code 1 means that a limit was exceeded.
`;

/** Reads the command line; null when only help was asked for. */
export function readOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      engines: { type: 'string', default: ENGINES.join(',') },
      sizes: { type: 'string' },
      only: { type: 'string', default: CASES.join(',') },
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    engines: listOf('--engines', ENGINES, values.engines),
    sizes: (values.sizes ?? (values.quick ? '1k' : '1k,1m'))
      .split(',')
      .map(readSize)
      .sort((a, b) => a - b),
    only: new Set(listOf('--only', CASES, values.only)),
    json: values.json ?? null,
    quick: values.quick,
  };
}

function listOf<T extends string>(option: string, allowed: readonly T[], text: string): T[] {
  return text.split(',').map((word) => {
    const found = allowed.find((name) => name === word.trim());
    if (!found) throw new Error(`${option}: ${JSON.stringify(word)} is not one of ${allowed.join(', ')}.`);
    return found;
  });
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1_000, m: 1_000_000 };

function readSize(text: string): number {
  const [, digits, unit = ''] = /^(\d+)([km]?)$/i.exec(text.trim()) ?? [];
  const size = Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (!(size >= 100)) throw new Error(`--sizes: ${JSON.stringify(text)} is not a number of messages such as 1k or 1m, at least 100.`);
  return size;
}

export const sizeText = (size: number): string =>
  size % 1_000_000 === 0 ? `${size / 1_000_000}m` : size % 1_000 === 0 ? `${size / 1_000}k` : String(size);
