import { parseArgs } from 'node:util';
import { ENGINES, type Engine } from '../options.js';

export const TOOLS = ['recall', 'search_messages'] as const;
export type RecallTool = (typeof TOOLS)[number];

export type RecallOptions = Readonly<{ file: string; engine: Engine; tool: RecallTool; ablate: boolean; chats: number }>;

export const HELP = `Saves conversations with save_turn, asks what is known of them with recall, and says how much of the evidence comes back.

  npm run bench:recall -- FILE [options]

  FILE             [{ id, speakers[2], turns[{ id, session, speaker, text, caption?, date }], questions[{ question, category, evidence[] }] }]
  --ablate         the score without its parts, one after the other
  --engine NAME    ${ENGINES.join(' or ')} (embedded)
  --tool NAME      ${TOOLS.join(' or ')} (recall)
  --chats COUNT    only the first so many (all)
  --help           this text

Each chat has a tenant of its own first, then all of them share one. What is asked goes through a client of the built server.
R@k: how much of the evidence of a question is among the first k single turns. RECOLLECT_TEST_DATABASE_URL names a PostgreSQL
server to use instead of one that is started for the run.
`;

/** Reads the command line; null when only help was asked for. */
export function readOptions(args: readonly string[]): RecallOptions | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ablate: { type: 'boolean', default: false },
      engine: { type: 'string', default: 'embedded' },
      tool: { type: 'string', default: 'recall' },
      chats: { type: 'string', default: '1000' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const [file] = positionals;
  const engine = ENGINES.find((name) => name === values.engine);
  const tool = TOOLS.find((name) => name === values.tool);
  const chats = Number(values.chats);
  if (file === undefined) throw new Error('FILE is missing; --help says what it has to look like.');
  if (!engine || !tool || !(chats >= 1)) throw new Error('An option has a value that is not allowed; --help lists them.');
  return { file, engine, tool, ablate: values.ablate, chats };
}
