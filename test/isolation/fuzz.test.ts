import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/ids.js';
import { prompts } from '../../src/mcp/prompts/index.js';
import { resources } from '../../src/mcp/resources/index.js';
import { agentFor } from '../support/agent.js';
import { describeEngines, type TestEngine } from '../support/engines.js';
import { argumentsOf, type Handles, type JsonSchema, KINDS } from './arguments.js';
import { modernClient, oldClient, overHttp, type Way } from './over-http.js';
import { type Connect, type Connection, type Resident, settle, twinsOf, type Who } from './world.js';

/** Ways to a server. Each is given the whole of the test; where a call takes longer, fewer of them. */
const TRANSPORTS: Record<string, { open(engine: TestEngine): Promise<Way>; runsATool: number; runsOfTheRest: number }> = {
  'in memory': {
    open: async () => ({ connect: agentFor, async settled() {}, async [Symbol.asyncDispose]() {} }),
    runsATool: 12,
    runsOfTheRest: 150,
  },
  'HTTP, revision 2025-11-25': { open: (engine) => overHttp(engine, oldClient), runsATool: 2, runsOfTheRest: 30 },
  'HTTP, revision 2026-07-28': { open: (engine) => overHttp(engine, modernClient), runsATool: 2, runsOfTheRest: 30 },
};

describeEngines('calls at random', (engine) => {
  describe.each(Object.entries(TRANSPORTS))('%s', (_, { open, runsATool, runsOfTheRest }) => {
    let way: Way;
    const connect: Connect = (...args) => way.connect(...args);
    /** Those whose rows nobody but their owners change: words are counted in the background. */
    let tables: string[];

    beforeAll(async () => {
      const text = `select distinct table_name::text as name from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id'
        and table_name !~ '^corpus_'`;
      const rows = await engine.db.query<{ name: string }>({ name: 'tables_of_tenants', text }, []);
      tables = rows.map(({ name }) => name);
      way = await open(engine);
    });
    afterAll(() => way[Symbol.asyncDispose]());

    /** Two tenants of two users each. */
    const populate = async (): Promise<Resident[]> => {
      const [a, b] = [await engine.freshTenant(), await engine.freshTenant()];
      const residents: Resident[] = [];
      for (const tenantId of [a, a, b, b])
        residents.push(await settle(engine, connect, { tenantId, user: `resident-${newId().slice(-12)}` }));
      return residents;
    };

    /** The rows that say something of these people, as one figure. */
    const digest = async (people: readonly Resident[]): Promise<unknown[]> => {
      const figures: unknown[] = [];
      for (const table of tables) {
        const text = `select count(*)::int as rows, md5(coalesce(string_agg(t::text, '' order by t::text), '')) as sum from ${table} t where t::text ~ $1`;
        figures.push([
          table,
          ...(await engine.db.query({ name: `digest_${table}`, text }, [people.map(({ secret }) => secret).join('|')])),
        ]);
      }
      return figures;
    };

    const intruders: Record<string, (own: Who) => { who: Who; sees(other: Who): boolean }> = {
      'a user': (own) => ({ who: own, sees: () => false }),
      'an agent for all users of a tenant': ({ tenantId }) => ({ who: { tenantId }, sees: (other) => other.tenantId === tenantId }),
    };

    it.each(Object.entries(intruders))(
      '%s gets nothing of others, and is told the same as of what does not exist',
      async (__, intruder) => {
        const [own, ...neighbours] = (await populate()).reverse() as [Resident, ...Resident[]];
        const { who, sees } = intruder(own.who);
        const others = neighbours.filter((each) => !sees(each.who));
        await way.settled();
        await using connection = await connect(engine, who);
        const { client } = connection;
        const foreign = mergeHandles(others.map(({ handles }) => handles));
        const twins = twinsOf(foreign);
        const secrets = others.map(({ secret }) => secret);
        const before = await digest(others);
        const probe = new Probe(connection, secrets, twins, own.handles);
        const { tools } = await client.listTools();

        // What others asked and were answered, asked by somebody else.
        for (const { reads } of others) for (const { tool, args } of reads) await probe.call(tool, args);
        // Few calls at random get an answer that goes on, and so a cursor in its text.
        const long = {
          query: own.handles.word[0],
          tags: [foreign.label[0], own.handles.label[0]],
          include_superseded: true,
          max_tokens: 3,
        };
        expect((await probe.call('recall', long)).text).toMatch(/More: cursor W/);
        await probe.callTwice('recall', long, true);

        const fuzz = async (tool: (typeof tools)[number], reads: boolean) => {
          const given = argumentsOf(tool.inputSchema as JsonSchema, foreign, own.handles) as fc.Arbitrary<Record<string, unknown>>;
          const called = fc.asyncProperty(given, (args) => probe.callTwice(tool.name, args, reads));
          await fc.assert(called, { numRuns: runsATool, endOnFailure: true });
        };
        const reading = tools.filter(({ annotations }) => annotations?.readOnlyHint === true);
        for (const tool of reading) await fuzz(tool, true);

        const anyHandle = fc.constantFrom(
          ...KINDS.filter((kind) => kind !== 'cursor' && kind !== 'event').flatMap((kind) => foreign[kind]),
        );
        const uri = fc
          .tuple(fc.constantFrom(...resources.map(({ uriTemplate }) => uriTemplate)), anyHandle, anyHandle)
          .map(([template, one, another]) => [template.replace(/\{\?.*\}/, ''), one, another] as const);
        const partOf = anyHandle.chain((handle) => fc.nat(handle.length).map((length) => handle.slice(0, length)));
        const rest: fc.Arbitrary<Request> = fc.oneof(
          uri.map(([template, one, another]) => ({ kind: 'resource' as const, template, one, another })),
          fc.tuple(fc.constantFrom(...prompts), anyHandle).map(([prompt, handle]) => ({ kind: 'prompt' as const, prompt, handle })),
          fc
            .tuple(fc.constantFrom(...completions), partOf)
            .map(([[ref, argument], value]) => ({ kind: 'completion' as const, ref, argument, value })),
          fc.constantFrom(...foreign.cursor, undefined).map((cursor) => ({ kind: 'list' as const, cursor })),
        );
        await fc.assert(
          fc.asyncProperty(rest, (request) => probe.request(request)),
          { numRuns: runsOfTheRest, endOnFailure: true },
        );

        // Writing last: what a call writes may stand in the answers after it.
        for (const tool of tools.filter((each) => !reading.includes(each))) await fuzz(tool, false);

        expect(await digest(others)).toEqual(before);
      },
      120_000,
    );
  });
});

type Ref = { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string };
type Request =
  | { kind: 'resource'; template: string; one: string; another: string }
  | { kind: 'prompt'; prompt: (typeof prompts)[number]; handle: string }
  | { kind: 'completion'; ref: Ref; argument: string; value: string }
  | { kind: 'list'; cursor: string | undefined };

const completions: [Ref, string][] = [
  ...prompts.flatMap(({ name, arguments: all }) => all.map((one): [Ref, string] => [{ type: 'ref/prompt', name }, one.name])),
  ...resources.flatMap(({ uriTemplate, complete }) =>
    Object.keys(complete ?? {}).map((name): [Ref, string] => [{ type: 'ref/resource', uri: uriTemplate }, name]),
  ),
];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A place in a list is JSON in base64, of an array: of the arguments it is for a digest, so it differs with every name in them. */
const CURSOR = /\bW[yz][\w-]{16,}/g;
const readCursors = (text: string): string =>
  [...text.matchAll(CURSOR)].map(([cursor]) => Buffer.from(cursor, 'base64url').toString()).join(' ');

/** Asks, and looks for what must not be in an answer. */
class Probe {
  readonly #client: Connection['client'];
  readonly #secrets: readonly string[];
  readonly #twins: ReadonlyMap<string, string>;
  readonly #own: readonly string[];
  readonly #ids: readonly string[];

  constructor({ client }: Connection, secrets: readonly string[], twins: ReadonlyMap<string, string>, own: Handles) {
    this.#client = client;
    this.#secrets = secrets;
    this.#twins = twins;
    this.#own = Object.values(own).flat();
    this.#ids = [...twins.keys()].filter((handle) => UUID.test(handle));
  }

  call(tool: string, args: Record<string, unknown>): Promise<Outcome> {
    return this.#ask(args, () => this.#client.callTool({ name: tool, arguments: args }));
  }

  /** With the names as they are, and with others that stand for nothing: an error must be the same, and what only reads must answer the same. */
  async callTwice(tool: string, args: Record<string, unknown>, reads: boolean): Promise<void> {
    const answer = await this.call(tool, args);
    const instead = this.#swap(args);
    const given = JSON.stringify(args);
    if (JSON.stringify(instead) === given) return;
    const control = await this.call(tool, instead);
    // A call that changed something of the caller's own finds it changed the second time.
    if (!reads && this.#own.some((handle) => given.includes(handle))) return;
    if (reads || answer.refused || control.refused) expect(this.#plain(answer.text), `${tool} ${given}`).toBe(this.#plain(control.text));
  }

  async request(request: Request): Promise<void> {
    const send = (of: Request): Promise<Outcome> => {
      switch (of.kind) {
        case 'resource': {
          const [one, another] = [encodeURIComponent(of.one), encodeURIComponent(of.another)];
          const uri = of.template.replace('{graph}', another).replace(/\{\w+\}/, one);
          return this.#ask(of, () => this.#client.readResource({ uri }));
        }
        case 'prompt':
          return this.#ask(of, () =>
            this.#client.getPrompt({
              name: of.prompt.name,
              arguments: Object.fromEntries(of.prompt.arguments.map(({ name }) => [name, of.handle])),
            }),
          );
        case 'completion':
          return this.#ask(of, () => this.#client.complete({ ref: of.ref, argument: { name: of.argument, value: of.value } }));
        case 'list':
          return this.#ask(of, () => this.#client.listResources(of.cursor === undefined ? {} : { cursor: of.cursor }));
      }
    };
    const answer = await send(request);
    if (request.kind === 'list' || request.kind === 'completion') return;
    const control = await send(this.#swap(request));
    expect(this.#plain(answer.text), JSON.stringify(request)).toBe(this.#plain(control.text));
  }

  async #ask(asked: unknown, send: () => Promise<object>): Promise<Outcome> {
    let outcome: Outcome;
    try {
      const answer = await send();
      outcome = { refused: (answer as { isError?: boolean }).isError === true, text: JSON.stringify(answer) };
    } catch (error) {
      outcome = { refused: true, text: error instanceof Error ? error.message : String(error) };
    }
    const given = JSON.stringify(asked);
    const read = outcome.text + readCursors(outcome.text);
    for (const secret of this.#secrets) expect(read, given).not.toContain(secret);
    for (const id of this.#ids) if (!given.includes(id)) expect(read, given).not.toContain(id);
    return outcome;
  }

  #swap<T>(value: T): T {
    const swapped = (text: string) => this.#twins.get(text) ?? text;
    return JSON.parse(JSON.stringify(value, (_, item: unknown) => (typeof item === 'string' ? swapped(item) : item))) as T;
  }

  /** An answer without the names it was asked with, and without what differs from one moment to the next. */
  #plain(text: string): string {
    let plain = text;
    const longestFirst = [...this.#twins].flat().sort((a, b) => b.length - a.length);
    for (const name of longestFirst) plain = plain.replaceAll(name, 'NAME').replaceAll(encodeURIComponent(name), 'NAME');
    return plain
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/"[\w-]*(?:cursor|event_cursor)\\?":\s*\\?"[^"]*"/g, 'CURSOR')
      .replace(/(?:after|cursor) \\?"[^"]*"/g, 'CURSOR')
      .replace(CURSOR, 'CURSOR')
      .replace(/\d+\.\d{3,}/g, 'SCORE');
  }
}

type Outcome = { refused: boolean; text: string };

const mergeHandles = (all: readonly Handles[]): Handles =>
  Object.fromEntries(KINDS.map((kind) => [kind, all.flatMap((handles) => handles[kind])])) as unknown as Handles;
