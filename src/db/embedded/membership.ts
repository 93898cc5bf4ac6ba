import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** One open database of one process; a note for people, nothing is decided by it. */
type Member = { pid: number; host: string; since: string };

export type Membership = { leave(): void };

const directoryOf = (dataDir: string): string => join(dataDir, 'members');

export const joinMembers = (dataDir: string): Membership => {
  const directory = directoryOf(dataDir);
  const file = join(directory, `${process.pid}-${randomBytes(3).toString('hex')}.json`);
  const member: Member = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  // On a full disk the memory can still be read, and space be made in it.
  orElse(undefined, () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify(member), { mode: 0o600 });
  });
  return { leave: () => orElse(undefined, () => rmSync(file, { force: true })) };
};

/** Who has the folder open, oldest first. Notes of processes of this machine that are gone are removed on the way. */
export const listMembers = (dataDir: string): Member[] =>
  orElse<string[]>([], () => readdirSync(directoryOf(dataDir)))
    .flatMap((name) => {
      const file = join(directoryOf(dataDir), name);
      const member = orElse<Member | null>(null, () => JSON.parse(readFileSync(file, 'utf8')) as Member);
      if (member && (member.host !== hostname() || isAlive(member.pid))) return [member];
      orElse(undefined, () => rmSync(file, { force: true }));
      return [];
    })
    .sort((a, b) => a.since.localeCompare(b.since));

/** A note that cannot be written or read is missing in a list, and nothing else. */
const orElse = <T>(fallback: T, work: () => T): T => {
  try {
    return work();
  } catch {
    return fallback;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
