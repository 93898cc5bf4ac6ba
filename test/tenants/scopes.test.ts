import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { Transport } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { prompts } from '../../src/mcp/prompts/index.js';
import { resources } from '../../src/mcp/resources/index.js';
import type { Session } from '../../src/mcp/session.js';
import { tools } from '../../src/mcp/tools/index.js';
import { type Principal, ROLES, type Role, SCOPES, type Scope, scopesOf } from '../../src/principal.js';
import { TOOLSETS } from '../../src/toolsets.js';
import { serveConnection } from '../../src/transports/connection.js';

type Case = { name: string; role: Role; user: string | null; scopes: readonly Scope[] };

/** Every role with all scopes, with none, with each one alone and without each one; for a whole tenant and for one person. */
const cases: Case[] = ROLES.flatMap((role) => {
  const own = [...scopesOf(role)];
  const sets: [string, readonly Scope[]][] = [
    ['all it has', own],
    ['nothing', []],
    ...SCOPES.map((scope): [string, Scope[]] => [`only ${scope}`, [scope]]),
    ...own.map((scope): [string, Scope[]] => [`all but ${scope}`, own.filter((other) => other !== scope)]),
  ];
  return sets.flatMap(([name, scopes]) =>
    [null, 'someone'].map((user) => ({ name: `${role}, ${user ? 'one person' : 'whole tenant'}, ${name}`, role, user, scopes })),
  );
});

/** The rule, once more and in other words than the program's. */
function expected({ role, user, scopes }: Case, scope: Scope): boolean {
  if (!scopes.includes(scope)) return false;
  return scope === 'admin' ? user === null && ['admin', 'system'].includes(role) : true;
}

/** What is listed and refused needs no database, and none is there. */
async function connect({ role, user, scopes }: Case): Promise<{ client: Client } & AsyncDisposable> {
  const principal: Principal = { tenantId: 'nobody', role, user, scopes: new Set(scopes) };
  const absent = new Proxy({}, { get: () => () => undefined }) as never;
  const session: Session = {
    principal,
    store: () => Promise.reject(new Error('the database was asked')),
    toolsets: new Set(TOOLSETS),
    readOnly: false,
    changes: absent,
    embeddings: absent,
    recall: absent,
    corpus: absent,
    jobs: absent,
    log: createLog('silent'),
    version: '0.0.0',
  };
  const [near, far] = InMemoryTransport.createLinkedPair();
  const handle = serveConnection(session, far as Transport);
  const client = new Client({ name: 'test', version: '0' });
  await client.connect(near);
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await handle.close();
    },
  };
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'answered',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe.each(cases)('$name', (who) => {
  it('lists and calls what its scopes allow, and knows nothing of the rest', async () => {
    await using connected = await connect(who);
    const { client } = connected;
    const listed = (await client.listTools()).tools.map(({ name }) => name);
    expect(listed).toEqual(tools.filter(({ scope }) => expected(who, scope)).map(({ name }) => name));

    const unknown = (await refusal(client.callTool({ name: 'no_such_tool', arguments: {} }))).replace('no_such_tool', 'NAME');
    for (const { name } of tools.filter((tool) => !listed.includes(tool.name))) {
      const told = await refusal(client.callTool({ name, arguments: {} }));
      // Another tool may have a name that looks like it; that one is listed.
      expect(
        told.replace(name, 'NAME').replace(/ Did you mean (\w+)\?/, (_, meant) => (listed.includes(meant) ? '' : `named ${meant}`)),
      ).toBe(unknown);
    }
  });

  it('sees resources, templates and prompts by the same rule, and completes none that it does not see', async () => {
    await using connected = await connect(who);
    const { client } = connected;
    const templates = (await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate);
    const isTemplate = ({ uriTemplate }: { uriTemplate: string }) => uriTemplate.includes('{');
    expect(templates).toEqual(resources.filter((one) => isTemplate(one) && expected(who, one.scope)).map(({ uriTemplate }) => uriTemplate));
    for (const { uriTemplate, scope, complete } of resources.filter((one) => !expected(who, one.scope))) {
      const uri = uriTemplate.replace(/\{\?.*\}/, '').replaceAll(/\{\w+\}/g, '0199b1a2-0000-7000-8000-000000000000');
      expect(await refusal(client.readResource({ uri })), scope).toMatch(/Unknown resource/);
      expect(await refusal(client.subscribeResource({ uri }))).toMatch(/Unknown resource/);
      for (const name of Object.keys(complete ?? {}))
        expect(await refusal(client.complete({ ref: { type: 'ref/resource', uri: uriTemplate }, argument: { name, value: '' } }))).toMatch(
          /Unknown resource/,
        );
    }
    const listed = (await client.listPrompts()).prompts.map(({ name }) => name);
    expect(listed).toEqual(prompts.filter(({ scope }) => expected(who, scope)).map(({ name }) => name));
    for (const { name, arguments: args } of prompts.filter((prompt) => !listed.includes(prompt.name))) {
      const given = Object.fromEntries(args.map((argument) => [argument.name, 'x']));
      expect(await refusal(client.getPrompt({ name, arguments: given }))).toMatch(/Unknown prompt/);
      for (const argument of args)
        expect(await refusal(client.complete({ ref: { type: 'ref/prompt', name }, argument: { name: argument.name, value: '' } }))).toMatch(
          /Unknown prompt/,
        );
    }
  });
});

it('has tools for every scope, and those for administration take nothing less', () => {
  expect(new Set(tools.map(({ scope }) => scope))).toEqual(new Set(SCOPES));
  expect(tools.filter(({ toolset, scope }) => (toolset === 'admin') !== (scope === 'admin'))).toEqual([]);
});

it('configures no server to administer for one person', () => {
  const configure = (user: string) => loadConfig({}, { RECOLLECT_USER: user, RECOLLECT_ROLE: 'admin' });
  expect(() => configure('someone')).toThrow(/binds the server to one user/);
  expect(configure('')).toMatchObject({ user: null, role: 'admin' });
});
