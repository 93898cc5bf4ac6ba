import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { claimOwnership, currentOwner, type Owner } from '../../src/db/embedded/owner.js';
import { emptyFolder, freshFolder, openFolder, run } from './support/folder.js';

const listen = async (path: string): Promise<void> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
};

const files = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('owner-'));

/** Rewrites the last owner as if somebody else had written it. */
const pretend = (folder: string, changes: Partial<Owner>): void => {
  const file = join(folder, files(folder)[0]!);
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as Owner), ...changes }));
};

const claimed = async (): Promise<string> => {
  const folder = await emptyFolder();
  expect(await claimOwnership(folder, join(folder, '.s.first'))).not.toBeNull();
  return folder;
};

const claimAgain = (folder: string) => claimOwnership(folder, join(folder, '.s.second'));

test('an owner names its process and where it listens, and is none after it closed', async () => {
  const folder = await emptyFolder();
  expect(currentOwner(folder)).toBeNull();
  const ownership = await claimOwnership(folder, join(folder, '.s.first'));
  expect(currentOwner(folder)).toMatchObject({
    pid: process.pid,
    host: hostname(),
    socket: '.s.first',
    socketPath: join(folder, '.s.first'),
  });
  ownership?.close();
  expect(currentOwner(folder)).toBeNull();
  expect(await claimAgain(folder)).not.toBeNull();
  expect(files(folder)).toEqual(['owner-2.json']);
});

test('a file of an owner that was killed before it wrote anything keeps nobody out', async () => {
  const folder = await emptyFolder();
  writeFileSync(join(folder, 'owner-3.json'), '');
  expect(await claimAgain(folder)).not.toBeNull();
  expect(files(folder)).toEqual(['owner-4.json']);
});

test('an owner whose folder is gone closes without an error', async () => {
  const folder = await claimed();
  const ownership = await claimAgain(folder);
  rmSync(folder, { recursive: true });
  expect(() => ownership?.close()).not.toThrow();
});

test('a dead owner of this machine and network is succeeded: the kernel lock has spoken', async () => {
  expect(await claimAgain(await claimed())).not.toBeNull();
});

test('a container of this machine is asked whether it lives', async () => {
  const folder = await claimed();
  pretend(folder, { network: 'net:[1]', host: 'another-container' });
  await listen(join(folder, '.s.first'));
  expect(await claimAgain(folder)).toBeNull();
});

test('a container of this machine that does not answer is succeeded', async () => {
  const folder = await claimed();
  pretend(folder, { network: 'net:[1]', host: 'another-container' });
  expect(await claimAgain(folder)).not.toBeNull();
});

test('a container whose socket may be out of sight is refused', async () => {
  const folder = await claimed();
  pretend(folder, { network: 'net:[1]', socket: '/somewhere/else/socket' });
  await expect(claimAgain(folder)).rejects.toMatchObject({ code: 'unavailable' });
});

test('this machine after a restart succeeds itself', async () => {
  const folder = await claimed();
  pretend(folder, { boot: 'an-earlier-one' });
  expect(await claimAgain(folder)).not.toBeNull();
});

test('another machine that did not close is refused, and the message says how to go on', async () => {
  const folder = await freshFolder();
  const database = await openFolder(folder);
  await database.close();
  pretend(folder, { host: 'other-machine', boot: 'other-boot', closedAt: null });
  const refusal = await openFolder(folder).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'unavailable' });
  expect(String(refusal)).toContain('other-machine');
  expect((refusal as { hint: string }).hint).toContain(join(folder, files(folder)[0]!));

  // Closed in order over there: then it is free for everybody.
  pretend(folder, { closedAt: new Date().toISOString() });
  expect(await run(await openFolder(folder), 'select 1 as n')).toEqual([{ n: 1 }]);
});

test('of several that claim at once, one wins', async () => {
  const folder = await claimed();
  pretend(folder, { network: 'net:[1]', host: 'another-container' });
  const claims = await Promise.all(Array.from({ length: 8 }, (_, at) => claimOwnership(folder, join(folder, `.s.${at}`))));
  expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  expect(files(folder)).toEqual(['owner-2.json']);
});
