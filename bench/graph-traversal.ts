import { parseArgs } from 'node:util';
import type pg from 'pg';
import { migrateUp } from '../src/db/migrate.js';
import { openDatabase } from '../src/db/open.js';
import { createLog } from '../src/log.js';
import { defineModels } from '../src/models/index.js';
import { scopesOf } from '../src/principal.js';
import { Store } from '../src/repository/store.js';
import { ENGINES, type Engine } from './options.js';
import { createPlace } from './place.js';
import { timingOf } from './timing.js';

const HELP = `Times traversals of a graph whose degrees follow a power law, and writes to it.

  npm run bench:traversal -- [--edges 1000000] [--nodes 200000] [--engines embedded,postgres] [--samples 100]
`;

const TENANT = 'bench-graph';
const CHUNK = 50_000;
const note = (text: string): void => void process.stderr.write(`${text}\n`);
type Size = { nodes: number; edges: number; samples: number };
type Row = { engine: Engine; what: string; median: number; p95: number; worst: number; found: number };

/** Loaded without looking up foreign keys; the real statements would take an hour. */
async function fill(client: pg.Client, { nodes, edges }: Size): Promise<void> {
  await client.query('set session_replication_role = replica');
  await client.query('insert into tenants (id, name) values ($1, $1)', [TENANT]);
  const id = (n: string) => `('01900000-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`;
  for (let first = 1; first <= nodes; first += CHUNK) {
    await client.query(
      `insert into memory_graph_nodes (tenant_id, id, key, type, search)
       select $1, ${id('n')}, 'node ' || n, 'thing', to_tsvector('english', 'node ' || n || ' thing ' || md5(n::text))
       from generate_series($2::int, $3::int) n`,
      [TENANT, first, Math.min(first + CHUNK - 1, nodes)],
    );
    note(`  ${first} nodes`);
  }
  await client.query('select setseed(0.42)');
  for (let first = 1; first <= edges; first += CHUNK) {
    // The power makes node 1 an end of about an eighth of all edges, and half of the nodes an end of very few.
    await client.query(
      `insert into memory_graph_edges (tenant_id, id, source_id, target_id, type, weight)
       select $1, ('01900000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, ${id(`1 + floor($4::int * random())::int`)},
              ${id(`1 + floor($4::int * power(random(), 6))::int`)}, 'type ' || n % 5, random()
       from generate_series($2::int, $3::int) n on conflict do nothing`,
      [TENANT, first, Math.min(first + CHUNK - 1, edges), nodes],
    );
    note(`  ${first} edges`);
  }
  await client.query('reset session_replication_role');
  note('  analyze');
  await client.query('analyze');
  await client.query('checkpoint');
}

async function measure(engine: Engine, size: Size): Promise<Row[]> {
  note(`${engine}: loading`);
  await using place = await createPlace(engine);
  const loading = await openDatabase({ ...place.config, durability: 'fast' }, createLog('error'));
  await migrateUp(loading);
  const loader = await place.connect();
  await fill(loader, size);
  await loader.end();
  await loading.close();
  const db = await openDatabase(place.config, createLog('error'));
  try {
    // The first call opens the folder; then it can be joined.
    await db.describe();
    const client = await place.connect();
    const { rows: degrees } = await client.query<{ key: string; degree: number }>(
      `select n.key, count(*)::int as degree from memory_graph_nodes n
       join (select source_id as id from memory_graph_edges union all select target_id from memory_graph_edges) e on e.id = n.id
       group by n.key order by 2, n.key`,
    );
    await client.end();
    const hub = degrees.at(-1)!;
    const middle = degrees.slice(degrees.length / 2 - 2000, degrees.length / 2 + 2000).map(({ key }) => key);
    note(`${engine}: ${degrees.length} nodes with edges, median degree ${degrees[degrees.length >> 1]!.degree}, hub ${hub.degree}`);

    const principal = { tenantId: TENANT, user: null, role: 'service', scopes: scopesOf('service') } as const;
    const limits = { maxMessageBytes: 1e6, maxAssetBytes: 1e6 };
    const store = await Store.open({ db, models: defineModels(db.sequelize), principal, limits, clock: () => new Date() });
    const pick = (at: number) => middle[(at * 7919) % middle.length]!;
    const around = async (key: string, depth: number) =>
      (await store.graphQueries.find({ keys: [key], depth }, { limit: 20 })).nodes.length;
    const path = async (from: string, to: string) => (await store.graphQueries.paths(from, to, { limit: 3, depth: 4 })).paths.length;
    const cases: Record<string, (at: number) => Promise<number>> = {
      'depth 1 of a median node': (at) => around(pick(at), 1),
      'depth 2 of a median node': (at) => around(pick(at), 2),
      'depth 4 of a median node': (at) => around(pick(at), 4),
      'depth 2 of the biggest hub': () => around(hub.key, 2),
      'depth 2 of the hub, one type': async () =>
        (await store.graphQueries.find({ keys: [hub.key], depth: 2, edgeTypes: ['type 3'] }, { limit: 20 })).nodes.length,
      'depth 2 of the hub, known earlier': async () =>
        (await store.graphQueries.find({ keys: [hub.key], depth: 2, knownAt: new Date() }, { limit: 20 })).nodes.length,
      'shortest path of two median nodes': (at) => path(pick(at), pick(at + 1)),
      'shortest path from the hub': (at) => path(hub.key, pick(at)),
      'search, a hit': async (at) => (await store.graphQueries.find({ query: pick(at).slice(5), depth: 0 }, { limit: 20 })).nodes.length,
      'search, a word of every node': async () => (await store.graphQueries.find({ query: 'thing', depth: 0 }, { limit: 20 })).nodes.length,
      'search, a miss': async (at) => (await store.graphQueries.find({ query: `zq${at}xv`, depth: 0 }, { limit: 20 })).nodes.length,
      'open 1': async (at) => (await store.graph.open([pick(at)])).length,
      'write a node': async (at) =>
        (await store.graph.upsert({ nodes: [{ key: `new ${at}`, type: 'new', observations: [{ text: 'was made here' }] }] })).nodes.created,
      'write an observation': async (at) =>
        (await store.graph.upsert({ nodes: [{ key: pick(at), observations: [{ text: `seen ${at}` }] }] })).nodes.updated,
      'write an edge to the hub': async (at) =>
        (await store.graph.upsert({ edges: [{ source: pick(at), target: hub.key, type: `new ${at}` }] })).edges.created,
    };
    const rows: Row[] = [];
    for (const [what, run] of Object.entries(cases)) {
      const times: number[] = [];
      let found = 0;
      for (let at = -10; at < size.samples; at += 1) {
        const started = performance.now();
        const count = await run(at + 10);
        if (at < 0) continue;
        times.push(performance.now() - started);
        found += count;
      }
      const { median, p95 } = timingOf(times);
      rows.push({ engine, what, median, p95, worst: Math.max(...times), found: found / times.length });
      note(
        `${engine}  ${what.padEnd(36)} median ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, ${(found / times.length).toFixed(1)} found`,
      );
    }
    return rows;
  } finally {
    await db.close();
  }
}

const { values } = parseArgs({
  options: {
    ...{ edges: { type: 'string', default: '1000000' }, nodes: { type: 'string', default: '200000' } },
    ...{ engines: { type: 'string', default: ENGINES.join(',') }, samples: { type: 'string', default: '100' } },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else {
  const size = { nodes: Number(values.nodes), edges: Number(values.edges), samples: Number(values.samples) };
  for (const engine of ENGINES.filter((each) => values.engines.split(',').includes(each))) {
    for (const { what, median, p95, worst, found } of await measure(engine, size)) {
      const figures = [median, p95, worst].map((ms) => ms.toFixed(1).padStart(8)).join(' ');
      process.stdout.write(`${engine.padEnd(9)} ${what.padEnd(36)} median, p95, worst (ms): ${figures}   found ${found.toFixed(1)}\n`);
    }
  }
}
