import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PACKAGE_FOLDER } from '../../src/version.js';
import { createPlace } from '../place.js';
import { type Timing, takeTurns } from '../timing.js';
import { StdioServer } from './client.js';
import { keptOf, load, type Operation, operationsOn, readAll } from './operations.js';

const HELP = `Measures the toolset knowledge_graph beside @modelcontextprotocol/server-memory, both over stdio, call by call in turns.

  npm run bench:graph -- [options]

  --sizes LIST     entities in the graph (100,1000,10000; 50000 takes the reference minutes)
  --engine NAME    embedded (default) or postgres
  --calls N        of each operation (30; of one that changes the graph 30 at most, so that it stays what it is)
  --json FILE      where the figures go as well
`;

const IN_FLIGHT = 20;
/** Above this size the reference needs half a second a call, and a few calls say as much. */
const LARGE = 20_000;

type Row = { size: number; operation: string; ours: Timing; reference: Timing };

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100,1000,10000' },
    engine: { type: 'string', default: 'embedded' },
    calls: { type: 'string', default: '30' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);

if (values.help) print(HELP);
else await measure(values.sizes.split(',').map(Number), values.engine === 'postgres' ? 'postgres' : 'embedded', values.json);

async function measure(sizes: readonly number[], engine: 'embedded' | 'postgres', json: string | undefined): Promise<void> {
  const rows: Row[] = [];
  for (const size of sizes) {
    const folder = await mkdtemp(path.join(tmpdir(), 'recollect-bench-'));
    try {
      rows.push(...(await measureSize(size, engine, folder)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  if (json === undefined) return;
  await mkdir(path.dirname(json), { recursive: true });
  await writeFile(json, JSON.stringify({ engine, node: process.version, at: new Date().toISOString(), rows }, null, 2));
}

async function measureSize(size: number, engine: 'embedded' | 'postgres', folder: string): Promise<Row[]> {
  await using place = await createPlace(engine);
  const main = path.join(PACKAGE_FOLDER, 'dist', 'src', 'main.js');
  const env = { RECOLLECT_LOG_LEVEL: 'error', RECOLLECT_TOOLSETS: 'knowledge_graph', ...place.env };
  await using ours = await StdioServer.start([main, 'serve'], env);
  const package_ = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-memory/package.json');
  const program = path.join(path.dirname(package_), 'dist', 'index.js');
  await using reference = await StdioServer.start([program], { MEMORY_FILE_PATH: path.join(folder, 'memory.jsonl') });

  const [loadOurs, loadReference] = [await load(ours, size), await load(reference, size)];
  print(`\n## ${size} entities, ${size * 3} observations, ${size} relations (${engine})\n`);
  print(`Loaded in ${loadOurs.toFixed(1)} s, the reference in ${loadReference.toFixed(1)} s.\n`);
  print('| operation | median ms | p95 | reference | p95 | ratio |\n|---|---|---|---|---|---|');
  const rows: Row[] = [];
  for (const operation of operationsOn(size)) {
    const row = { size, operation: operation.name, ...(await compare(operation, { ours, reference }, size)) };
    rows.push(row);
    const [mine, theirs] = [row.ours, row.reference];
    const times = [mine.median, mine.p95, theirs.median, theirs.p95].map((time) => time.toFixed(time < 10 ? 2 : 0));
    print(`| ${operation.name} | ${times.join(' | ')} | ${(mine.median / theirs.median).toFixed(2)}× |`);
  }
  const all = await readAll(ours);
  print(`\nEverything read in ${all.pages} pages: ${all.entities} entities, ${all.relations} relations.`);
  print(`${IN_FLIGHT} creates in flight: ${await keptOf(ours, IN_FLIGHT)} kept, by the reference ${await keptOf(reference, IN_FLIGHT)}.`);
  const [mine, theirs] = [ours.memory(), reference.memory()];
  if (mine && theirs)
    print(
      `Memory now and at most: ${mine.now.toFixed(0)} and ${mine.peak.toFixed(0)} MB, the reference ${theirs.now.toFixed(0)} and ${theirs.peak.toFixed(0)} MB.`,
    );
  return rows;
}

function compare({ calls, reads }: Operation, servers: { ours: StdioServer; reference: StdioServer }, size: number) {
  const contender = (server: StdioServer) => {
    const next = calls();
    return {
      async prepare() {
        const [tool, args] = next();
        return () => server.call(tool, args);
      },
    };
  };
  const asked = Math.max(1, Number(values.calls) || 30);
  const samples = size > LARGE ? 7 : reads ? asked : Math.min(30, asked);
  const amount = { samples, warmUp: Math.ceil(samples / 10) };
  return takeTurns({ ours: contender(servers.ours), reference: contender(servers.reference) }, amount);
}
