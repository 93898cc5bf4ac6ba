import { once } from 'node:events';
import { accessSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resetLink } from '../../src/transports/http/oauth/reset-link.js';
import { describeEngines } from '../support/engines.js';
import { PASSWORD, type Person, World } from './world.js';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const args =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'.split(
    ' ',
  );

const isThere = (() => {
  try {
    accessSync(executablePath);
    return true;
  } catch {
    return false;
  }
})();
if (!isThere) process.stderr.write(`\n*** No Chromium at ${executablePath} (CHROMIUM_PATH): the pages are not tried in a browser. ***\n`);

describe.skipIf(!isThere)('in Chromium', () => {
  describeEngines('somebody', (engine) => {
    let world: World;
    let person: Person;
    let administrator: Person;
    let browser: Browser;
    let callback: Server;
    let redirectUri: string;
    const arrived: URL[] = [];

    beforeAll(async () => {
      // The client's own address, which sends people on once more, as clients' pages do.
      callback = createServer((req, res) => {
        arrived.push(new URL(req.url ?? '', redirectUri));
        if (req.url?.startsWith('/callback'))
          res.writeHead(302, { location: redirectUri.replace('127.0.0.1', 'localhost').replace('/callback', '/done') });
        res.end('You may close this window.');
      });
      callback.listen(0, '127.0.0.1');
      await once(callback, 'listening');
      redirectUri = `http://127.0.0.1:${(callback.address() as AddressInfo).port}/callback`;
      world = await World.open(engine);
      const tenantId = await engine.freshTenant();
      person = await world.person(tenantId);
      administrator = await world.person(tenantId, 'admin');
      browser = await chromium.launch({ executablePath, args, headless: true });
    });
    afterAll(async () => {
      await browser?.close();
      callback.close();
      await world[Symbol.asyncDispose]();
    });

    const open = async (request: { scope?: string; name?: string } = {}): Promise<{ page: Page; clientId: string; verifier: string }> => {
      const { body } = await world.register({ redirect_uris: [redirectUri], client_name: request.name ?? 'Desk Assistant' });
      const verifier = 'v'.repeat(43);
      const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      await page.goto(world.authorizeUrl({ clientId: body.client_id, verifier, redirectUri, ...request }).href);
      return { page, clientId: body.client_id, verifier };
    };
    const show = async (page: Page, name: string) => {
      const folder = process.env.RECOLLECT_TEST_SCREENSHOTS;
      if (folder && engine.name === 'embedded') await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
    };

    it('signs in with the keyboard alone, gives less than was asked for, and lands at the client', async () => {
      const { page, clientId, verifier } = await open();
      await show(page, 'sign-in');
      // Without scripts: the browser itself puts the cursor where `autofocus` says.
      await page.keyboard.type(person.identifier);
      await page.keyboard.press('Tab');
      await page.keyboard.type('wrong');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').waitFor();
      await show(page, 'wrong-password');
      expect(await page.getByLabel('Name or e-mail').inputValue()).toBe(person.identifier);
      await page.keyboard.type(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Allow' }).waitFor();
      await show(page, 'consent');
      expect(await page.locator('main').innerText()).toContain(`signed in as Ann (${person.identifier}) in the tenant ${person.tenantId}`);
      await page.getByLabel('Change and erase profiles').uncheck();
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.waitForURL('**/done');
      const answer = arrived.findLast(({ pathname }) => pathname === '/callback')!;
      expect(answer.searchParams.get('iss')).toBe(world.origin);
      const { status, body } = await world.redeem(
        { clientId, verifier, code: answer.searchParams.get('code')! },
        { redirect_uri: redirectUri },
      );
      expect(status).toBe(200);
      expect(body.scope.split(' ')).toEqual(expect.arrayContaining(['users:read', 'memories:write']));
      expect(body.scope).not.toContain('users:write');
      await page.context().close();
    });

    it('says no, on either page', async () => {
      const first = await open();
      await first.page.getByRole('link', { name: 'Cancel' }).click();
      await first.page.waitForURL('**/done');
      expect(arrived.findLast(({ pathname }) => pathname === '/callback')!.searchParams.get('error')).toBe('access_denied');

      const second = await open();
      await second.page.getByLabel('Name or e-mail').fill(person.identifier);
      await second.page.getByLabel('Password').fill(PASSWORD);
      await second.page.getByRole('button', { name: 'Sign in' }).click();
      await second.page.getByRole('button', { name: 'Deny' }).click();
      await second.page.waitForURL('**/done');
      expect(arrived.findLast(({ pathname }) => pathname === '/callback')!.searchParams.get('error')).toBe('access_denied');
      await Promise.all([first.page.context().close(), second.page.context().close()]);
    });

    it('who may administer is asked for whom, and stands for nobody else unless they say so', async () => {
      const { page, clientId, verifier } = await open({
        scope: 'memories:read memories:write admin',
        name: 'An Assistant With A Rather Long Name That Has To Go Somewhere',
      });
      await page.getByLabel('Name or e-mail').fill(administrator.identifier);
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await show(page, 'consent-administrator');
      expect(await page.getByLabel('For me only').isChecked()).toBe(true);
      await page.getByLabel('As an administrator').check();
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.waitForURL('**/done');
      const code = arrived.findLast(({ pathname }) => pathname === '/callback')!.searchParams.get('code')!;
      const { body } = await world.redeem({ clientId, verifier, code }, { redirect_uri: redirectUri });
      expect(body.scope).toBe('memories:read memories:write admin');
      await page.context().close();
    });

    it('chooses a new password with a link, by the keyboard alone, and signs in with it', async () => {
      const forgetful = await world.person(person.tenantId);
      const { token } = await world.app.accounts.startReset(await world.storeOf(person.tenantId), forgetful.identifier);
      const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
      const page = await context.newPage();
      await page.goto(resetLink(world.origin, person.tenantId, token)!);
      await show(page, 'reset');
      for (const [first, second] of [
        ['short', 'short'],
        ['Copper3.Lantern', 'Copper3.Lantern'],
      ] as const) {
        await page.keyboard.type(first);
        await page.keyboard.press('Tab');
        await page.keyboard.type(second);
        await page.keyboard.press('Enter');
        if (first === 'short') await page.getByRole('alert').waitFor();
        await show(page, `reset-${first}`);
      }
      await page.getByRole('heading', { name: 'The password is set' }).waitFor();
      const attempt = { tenantId: person.tenantId, identifier: forgetful.identifier, client: {} };
      expect((await world.app.signIn.attempt({ ...attempt, password: 'Copper3.Lantern' })).ok).toBe(true);
      await context.close();
    });

    it('is told when a link is broken, on a page and not in JSON', async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      const response = await page.goto(
        world.authorizeUrl({ clientId: 'nobody', verifier: 'v'.repeat(43), redirectUri: 'https://evil.example/' }).href,
      );
      expect([response?.status(), page.url()]).toEqual([400, expect.stringContaining(world.origin)]);
      expect(await page.getByRole('alert').innerText()).toContain('client_id');
      await show(page, 'problem');
      await context.close();
    });
  });
});
