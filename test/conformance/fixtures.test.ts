import { expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config.js';
import { describeEngines } from '../support/engines.js';
import { environmentFor, startHttp } from '../support/http-server.js';
import type { Peer } from '../transports/peers.js';

const WITHOUT_SIGN_IN = { RECOLLECT_AUTH: 'false' };

/** Everything of the suite that a client of this server gets to see. */
async function fixturesSeenBy(peer: Peer): Promise<string[]> {
  const [{ tools }, { resources }, { resourceTemplates }, { prompts }] = await Promise.all([
    peer.listTools(),
    peer.listResources(),
    peer.listTemplates(),
    peer.listPrompts(),
  ]);
  const named = [...tools, ...prompts].map(({ name }) => name).filter((name) => /^test_|^json_schema/.test(name));
  const located = [...resources, ...resourceTemplates].map(({ uri, uriTemplate }) => String(uri ?? uriTemplate));
  return [...named, ...located.filter((uri) => uri.startsWith('test:'))];
}

describeEngines('what the conformance suite calls', (engine) => {
  for (const [who, env] of [
    ['who signs in', {}],
    ['who need not sign in', WITHOUT_SIGN_IN],
  ] as const) {
    it(`does not exist for ${who}`, async () => {
      await using server = await startHttp({ ...environmentFor(engine), RECOLLECT_TENANT: await engine.freshTenant(), ...env });
      const key = await server.key();
      for (const connect of [server.old, server.modern]) {
        await using peer = await connect(key);
        expect(await fixturesSeenBy(peer)).toEqual([]);
        await expect(peer.callTool('test_simple_text')).rejects.toMatchObject({ code: -32602 });
        await expect(peer.readResource('test://static-text')).rejects.toMatchObject({ code: -32602 });
        await expect(peer.getPrompt('test_simple_prompt')).rejects.toMatchObject({ code: -32602 });
      }
    });
  }

  it('stands beside the real tools when it is switched on', async () => {
    await using server = await startHttp({
      ...environmentFor(engine),
      RECOLLECT_TENANT: await engine.freshTenant(),
      ...WITHOUT_SIGN_IN,
      RECOLLECT_CONFORMANCE: 'true',
    });
    for (const connect of [server.old, server.modern]) {
      await using peer = await connect();
      expect(await fixturesSeenBy(peer)).toContain('test_simple_text');
      expect(await peer.callTool('test_simple_text')).toMatchObject({
        content: [{ text: expect.stringContaining('simple text response') }],
      });
      const saved = await peer.callTool('save_turn', { messages: [{ role: 'user', content: 'Beside the fixtures' }] });
      expect(saved.structuredContent).toMatchObject({ created: true });
    }
  });
});

it('cannot be switched on where somebody else could come', () => {
  const load = (env: Record<string, string>) => () => loadConfig({}, { RECOLLECT_CONFORMANCE: 'true', ...env });
  expect(load({})).toThrow(ConfigError);
  expect(load({ RECOLLECT_HTTP: 'true' })).toThrow(/RECOLLECT_CONFORMANCE/);
  expect(load({ RECOLLECT_HTTP: 'true', RECOLLECT_AUTH: 'false', RECOLLECT_HOST: '0.0.0.0' })).toThrow(/RECOLLECT_AUTH/);
  expect(load({ RECOLLECT_HTTP: 'true', RECOLLECT_AUTH: 'false' })()).toMatchObject({ conformance: true });
});
