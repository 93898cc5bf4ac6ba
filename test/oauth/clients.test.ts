import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEngines } from '../support/engines.js';
import { Browser } from './browser.js';
import { ClientMemory } from './clients.js';
import { type Person, World } from './world.js';

/** A client that signs in by itself: it can be tried, and be given what came back to its own address. */
type Line = { name: string; connect(memory: ClientMemory, address: URL): Connection };
type Connection = {
  connect(): Promise<unknown>;
  finish(answer: URL): Promise<unknown>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  close(): Promise<void>;
};

const lines: Line[] = [
  {
    name: 'of the line for 2025',
    connect(memory, address) {
      const client = new OldClient({ name: 'old', version: '1' });
      let transport: OldTransport;
      return {
        connect: () => {
          transport = new OldTransport(address, { authProvider: memory.old });
          return client.connect(transport as Transport);
        },
        finish: (answer) => transport.finishAuth(answer.searchParams.get('code')!),
        listTools: () => client.listTools(),
        close: () => client.close(),
      };
    },
  },
  {
    name: 'of the line for 2026',
    connect(memory, address) {
      const client = new ModernClient({ name: 'modern', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
      let transport: ModernTransport;
      return {
        connect: () => {
          transport = new ModernTransport(address, { authProvider: memory.modern });
          return client.connect(transport);
        },
        finish: (answer) => transport.finishAuth(answer.searchParams),
        listTools: () => client.listTools(),
        close: () => client.close(),
      };
    },
  },
];

describeEngines('a client', (engine) => {
  let world: World;
  let person: Person;
  beforeAll(async () => {
    world = await World.open(engine);
    person = await world.person(await engine.freshTenant());
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** What the person does in the browser that the client opened. */
  async function agree(asked: URL, who = person): Promise<URL> {
    const browser = new Browser();
    const consent = await world.signIn(browser, await browser.open(asked), who);
    return (await browser.submit(consent, asked.origin, { decision: 'allow' })).location!;
  }

  describe.each(lines)('$name', ({ connect }) => {
    // A person may type either name of this machine into a client.
    it.each(['127.0.0.1', 'localhost'])('finds out by itself how to sign in at %s, and stays signed in', async (host) => {
      const address = new URL(world.resource);
      address.hostname = host;
      const memory = new ClientMemory();
      const connection = connect(memory, address);
      await expect(connection.connect()).rejects.toThrow();
      expect(memory.asked?.origin).toBe(address.origin);
      await connection.finish(await agree(memory.asked!));
      await connection.connect();
      expect((await connection.listTools()).tools.map(({ name }) => name)).toContain('recall');
      await connection.close();

      const first = memory.tokens()!;
      await world.post('revoke', { token: first.access_token, client_id: (memory.kept.client as { client_id: string }).client_id });
      memory.asked = undefined;
      const again = connect(memory, address);
      await again.connect();
      expect((await again.listTools()).tools.length).toBeGreaterThan(10);
      expect([memory.asked, memory.tokens()?.refresh_token === first.refresh_token]).toEqual([undefined, false]);
      await again.close();
    });

    it('with a secret proves who it is', async () => {
      const memory = new ClientMemory({ metadata: { token_endpoint_auth_method: 'client_secret_basic' } });
      const connection = connect(memory, new URL(world.resource));
      await expect(connection.connect()).rejects.toThrow();
      expect(memory.kept.client).toMatchObject({ client_secret: expect.stringMatching(/^.{40,}$/) });
      await connection.finish(await agree(memory.asked!));
      await connection.connect();
      expect((await connection.listTools()).tools.length).toBeGreaterThan(10);
      await connection.close();
    });

    it('hears that the person said no', async () => {
      const memory = new ClientMemory();
      const connection = connect(memory, new URL(world.resource));
      await expect(connection.connect()).rejects.toThrow();
      const browser = new Browser();
      const consent = await world.signIn(browser, await browser.open(memory.asked!), person);
      const { location } = await browser.submit(consent, world.origin, { decision: 'deny' });
      expect(Object.fromEntries(location!.searchParams)).toMatchObject({
        error: 'access_denied',
        state: 'state of the client',
        iss: world.origin,
      });
      await connection.close();
    });
  });
});
