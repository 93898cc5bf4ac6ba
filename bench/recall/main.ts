import { openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import { Thesaurus } from '../../src/recall/thesaurus.js';
import { storeFor } from '../../test/support/store.js';
import { createPlace, type Place } from '../place.js';
import { startServer } from '../server.js';
import { askVersion } from './ablation.js';
import { ask, save } from './front-door.js';
import { type Chat, readChats } from './offline/dataset.js';
import { LADDER } from './offline/ladder.js';
import type { Measures } from './offline/measure.js';
import { HELP, type RecallOptions, readOptions } from './options.js';
import { type Answer, printChats, printCosts, printLadder, printTogether } from './report.js';

const note = (text: string): void => void process.stderr.write(`${text}\n`);
const ONE_TENANT = 'all';
const tenantOf = (at: number): string => `chat-${at}`;

type Saved = { chat: Chat; turns: Map<string, string>; tenant: string };

async function run({ file, engine, tool, ablate, chats: count }: RecallOptions): Promise<void> {
  const chats = (await readChats(file)).slice(0, count);
  await using place = await createPlace(engine);
  const separate = new Map<string, Answer[]>();
  const saved: Saved[] = [];
  for (const [at, chat] of chats.entries()) {
    await using server = await startServer({ ...place.env, RECOLLECT_TENANT: tenantOf(at) });
    note(`${chat.id}: saving`);
    const turns = await save(server, chat);
    saved.push({ chat, turns, tenant: tenantOf(at) });
    note(`${chat.id}: asking`);
    separate.set(chat.id, await ask(server, chat, turns, tool));
  }
  printChats(separate);
  const together = await askTogether(place, chats, tool);
  printTogether(together);
  process.stdout.write('\n');
  printCosts('Separate', [...separate.values()].flat());
  printCosts('Together', together);
  if (ablate) printLadder(await climb(place, saved));
}

async function askTogether(place: Place, chats: readonly Chat[], tool: RecallOptions['tool']): Promise<Answer[]> {
  await using server = await startServer({ ...place.env, RECOLLECT_TENANT: ONE_TENANT });
  const turns = new Map<string, string>();
  for (const chat of chats) {
    note(`${chat.id}: saving beside the others`);
    for (const [id, turn] of await save(server, chat)) turns.set(id, turn);
  }
  const answers: Answer[] = [];
  for (const chat of chats) {
    note(`${chat.id}: asking among the others`);
    answers.push(...(await ask(server, chat, turns, tool)));
  }
  return answers;
}

/** The ladder of the score, from words alone to everything. */
async function climb(place: Place, saved: readonly Saved[]): Promise<Map<string, { measures: Measures }[]>> {
  const db = await openDatabase(place.config, createLog('error'));
  try {
    const thesaurus = await Thesaurus.load();
    const steps = new Map<string, { measures: Measures }[]>();
    for (const version of LADDER) {
      note(`ladder: ${version.name}`);
      const answers: { measures: Measures }[] = [];
      for (const { chat, turns, tenant } of saved) {
        answers.push(...(await askVersion(await storeFor(db, { tenantId: tenant }), thesaurus, chat, turns, version)));
      }
      steps.set(version.name, answers);
    }
    return steps;
  } finally {
    await db.close();
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options) await run(options);
  else process.stdout.write(HELP);
} catch (error) {
  note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
