import { parseArgs } from 'node:util';
import { openApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { scopesOf } from '../../src/principal.js';
import { ENGINES, type Engine } from '../options.js';
import { createPlace, type Place } from '../place.js';
import type { Job, Load, Member } from './load.js';
import { measurePasswords } from './passwords.js';
import { type Process, runLoad, startFloor, startServer } from './processes.js';
import { BenchClient, REVISIONS, resultOf } from './requests.js';

const HELP = `Measures the built server over HTTP, sign-in on, beside a bare handler of the same SDK that answers a constant.

  npm run bench:http -- [options]

  --engines LIST    ${ENGINES.join(', ')} (both)
  --clients LIST    clients at one time (1,8,64)
  --seconds N       of each measurement (5)
  --memory N        seconds of mixed calls by all clients while memory is watched (60; 0 leaves it out)
  --passwords       what a hundred wrong passwords at once do to everybody else

Every client has a key, a user and a conversation of its own and looks for its own marker, and no other, in each answer.
Exit code 1 means an error, an answer of somebody else, or a limit that was exceeded.
`;

const { values } = parseArgs({
  options: {
    engines: { type: 'string', default: ENGINES.join(',') },
    clients: { type: 'string', default: '1,8,64' },
    seconds: { type: 'string', default: '5' },
    memory: { type: 'string', default: '60' },
    passwords: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const MESSAGES = 40;
const WARM_UP_SECONDS = 3;
/** At the most clients load_history answers at least this share of what the floor answers. */
const SHARE = 0.6;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const note = (line: string): void => void process.stderr.write(`${line}\n`);
const fail = (line: string): void => {
  print(`**${line}**`);
  process.exitCode = 1;
};

/** A key for each client, each of a user of its own. */
async function makeKeys(place: Place, count: number): Promise<string[]> {
  await using app = openApp(loadConfig({}, { ...place.env, RECOLLECT_DURABILITY: 'fast' }), createLog('error'));
  const tenantId = app.config.tenant;
  const store = await app.storeFor({ tenantId, user: null, role: 'system', scopes: scopesOf('system') });
  const keys: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { key } = await app.apiKeys.create(store, { name: `bench-${index}`, user: `bench-${index}` });
    keys.push(key);
  }
  return keys;
}

/** Every client's conversation, with its marker in each message. */
async function prepare({ url }: Process, keys: readonly string[]): Promise<Member[]> {
  const members: Member[] = [];
  for (const [index, key] of keys.entries()) {
    const marker = `zq${index.toString(26).replaceAll(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!)}kestrel`;
    const messages = Array.from({ length: MESSAGES }, (_, at) => ({
      role: at % 2 === 0 ? 'user' : 'assistant',
      content: `${marker}: what was said about the harbour, the mortgage papers and the appointment on day ${at}.`,
    }));
    const client = await BenchClient.connect(url, key, '2026-07-28');
    const { structuredContent: saved } = resultOf(await client.call('save_turn', { messages, title: marker }));
    client.close();
    members.push({ key, marker, conversationId: String(saved.conversation_id) });
  }
  return members;
}

async function measureEngine(engine: Engine, counts: readonly number[], seconds: number): Promise<void> {
  note(`${engine}: preparing`);
  await using place = await createPlace(engine);
  const keys = await makeKeys(place, Math.max(...counts));
  await using server = await startServer({ ...place.env, RECOLLECT_RATE_LIMIT: '10000000' });
  const members = await prepare(server, keys);
  const [first] = members as [Member];
  const client = await BenchClient.connect(server.url, first.key, '2026-07-28');
  const answer = await client.call('load_history', { conversation_id: first.conversationId });
  client.close();
  const { content, structuredContent } = resultOf(answer);
  await using floor = await startFloor({ content, structuredContent });
  // To the floor everybody is the first client.
  const likeFirst = members.map(({ key }) => ({ ...first, key }));

  print(
    `\n## ${engine}: calls a second (p50, p95 and processor time of the server per call in ms); an answer of load_history has ${(answer.length / 1000).toFixed(1)} kB\n`,
  );
  print('| revision | clients | floor | load_history | share | mixed |\n| --- | ---: | ---: | ---: | ---: | ---: |');
  // What is compiled, opened and planned once is no part of what a call costs.
  for (const revision of REVISIONS) {
    const warming = { revision, seconds: WARM_UP_SECONDS, members: [...members] };
    await runLoad({ ...warming, url: floor.url, calls: 'load_history', members: likeFirst });
    for (const calls of ['load_history', 'mixed'] as const) await runLoad({ ...warming, url: server.url, calls });
  }
  for (const revision of REVISIONS) {
    const alone: Partial<Record<Job['calls'], number>> = {};
    for (const count of counts) {
      note(`${engine}: ${revision}, ${count} clients`);
      const load = async (process: Process, calls: Job['calls'], of: readonly Member[]) => {
        const before = process.cpu();
        const done = await runLoad({ url: process.url, revision, seconds, calls, members: of.slice(0, count) });
        return { ...checked(done, `${calls}, ${count} clients`), cpu: ((process.cpu() ?? Number.NaN) - (before ?? 0)) / done.all };
      };
      const least = await load(floor, 'load_history', likeFirst);
      const history = await load(server, 'load_history', members);
      const mixed = await load(server, 'mixed', members);
      const share = history.perSecond / least.perSecond;
      print(`| ${revision} | ${count} | ${shown(least)} | ${shown(history)} | ${Math.round(share * 100)} % | ${shown(mixed)} |`);
      if (count === counts.at(-1) && share < SHARE) fail(`load_history answers ${Math.round(share * 100)} % of what the floor answers`);
      for (const [calls, { perSecond }] of [['load_history', history] as const, ['mixed', mixed] as const]) {
        alone[calls] ??= perSecond;
        if (perSecond < alone[calls]) fail(`${calls}: ${count} clients get less done than one`);
      }
    }
  }
  if (values.passwords) await measurePasswords(server, members, print, fail);
  await watchMemory(server, members, Number(values.memory));
}

const shown = ({ perSecond, p50, p95, cpu }: Load & { cpu: number }): string =>
  `${Math.round(perSecond)} (${p50.toFixed(1)}, ${p95.toFixed(1)}, ${cpu.toFixed(2)})`;

function checked(load: Load, what: string): Load {
  if (load.errors.length > 0) fail(`${what}: ${load.errors.join('; ')}`);
  if (load.strayed > 0) fail(`${what}: ${load.strayed} answers were not the client's own`);
  return load;
}

/** Half of a minute fills caches; after that nothing may grow. */
async function watchMemory(server: Process, members: readonly Member[], seconds: number): Promise<void> {
  if (seconds === 0) return;
  note('memory');
  const samples: number[] = [];
  const watch = setInterval(() => samples.push(server.memory() ?? Number.NaN), 1_000);
  const load = await runLoad({ url: server.url, revision: '2026-07-28', seconds, calls: 'mixed', members: [...members] });
  clearInterval(watch);
  checked(load, 'a minute of mixed calls');
  const quarter = Math.floor(samples.length / 4);
  const mean = (part: readonly number[]) => part.reduce((sum, sample) => sum + sample, 0) / part.length;
  const [start, third, last] = [samples.slice(0, quarter), samples.slice(quarter * 2, quarter * 3), samples.slice(quarter * 3)].map(mean);
  print(
    `\n${seconds} s of mixed calls by ${members.length} clients: ${load.calls} calls, ${Math.round(load.perSecond)} a second, p95 ${load.p95.toFixed(1)} ms, ${load.errors.length} errors, ${load.strayed} strayed; memory in quarters of the time ${start?.toFixed(0)} … ${third?.toFixed(0)}, ${last?.toFixed(0)} MB.`,
  );
  if (last! > third! * 1.1) fail('memory grows');
}

if (values.help) print(HELP);
else {
  const counts = values.clients.split(',').map(Number);
  const engines = values.engines.split(',').map((name) => {
    const found = ENGINES.find((engine) => engine === name.trim());
    if (!found) throw new Error(`--engines: ${name} is not one of ${ENGINES.join(', ')}.`);
    return found;
  });
  for (const engine of engines) await measureEngine(engine, counts, Number(values.seconds));
}
