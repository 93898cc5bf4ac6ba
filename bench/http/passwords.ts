import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser } from '../../test/oauth/browser.js';
import type { Job, Member } from './load.js';
import { type Process, runLoad } from './processes.js';

const AT_ONCE = 100;
const SECONDS = 5;
/** How much longer everybody else may wait meanwhile. */
const LIMIT = 2;
const REDIRECT = 'http://127.0.0.1:33418/callback';

/** The page that asks for a password, opened by a browser of its own. */
async function openSignIn(origin: string): Promise<(password: string) => Promise<number>> {
  const registered = await fetch(`${origin}/oauth/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: 'Bench', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' }),
  });
  const { client_id } = (await registered.json()) as { client_id: string };
  const url = new URL(`${origin}/oauth/authorize`);
  const parameters = {
    response_type: 'code',
    client_id,
    redirect_uri: REDIRECT,
    code_challenge: createHash('sha256').update(randomBytes(32)).digest('base64url'),
    code_challenge_method: 'S256',
    resource: `${origin}/mcp`,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return async (password) => {
    const browser = new Browser();
    const page = await browser.open(url);
    const answer = await browser.submit(page, origin, {
      identifier: `nobody-${randomBytes(4).toString('hex')}`,
      password,
      tenant: 'local',
    });
    return answer.status;
  };
}

/** What a hundred wrong passwords at once do to eight clients who are working. */
export async function measurePasswords(
  server: Process,
  members: readonly Member[],
  print: (line: string) => void,
  fail: (line: string) => void,
): Promise<void> {
  const { origin } = new URL(server.url);
  const job: Job = { url: server.url, revision: '2026-07-28', seconds: SECONDS, calls: 'load_history', members: members.slice(0, 8) };
  const attempt = await openSignIn(origin);
  const before = await runLoad(job);
  const during = runLoad(job);
  await sleep(2_500);
  const statuses = await Promise.all(Array.from({ length: AT_ONCE }, () => attempt('not the password')));
  const loaded = await during;
  const counts = [...new Set(statuses)].map((status) => `${statuses.filter((one) => one === status).length} × ${status}`);
  const times = loaded.p95 / before.p95;
  print(
    `\n${AT_ONCE} wrong passwords at once (${counts.join(', ')}): p95 of 8 clients ${before.p95.toFixed(1)} → ${loaded.p95.toFixed(1)} ms (${times.toFixed(1)}×), p50 ${before.p50.toFixed(1)} → ${loaded.p50.toFixed(1)} ms, ${loaded.errors.length} errors.`,
  );
  if (times > LIMIT) fail('wrong passwords slow everybody down');
}
