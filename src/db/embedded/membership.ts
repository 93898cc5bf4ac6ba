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
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, `${process.pid}-${randomBytes(3).toString('hex')}.json`);
  const member: Member = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  writeFileSync(file, JSON.stringify(member), { mode: 0o600 });
  return { leave: () => rmSync(file, { force: true }) };
};

/** Who has the folder open, oldest first. Notes of processes of this machine that are gone are removed on the way. */
export const listMembers = (dataDir: string): Member[] =>
  readdirSync(directoryOf(dataDir))
    .flatMap((name) => {
      const file = join(directoryOf(dataDir), name);
      const member = read(file);
      if (member && (member.host !== hostname() || isAlive(member.pid))) return [member];
      rmSync(file, { force: true });
      return [];
    })
    .sort((a, b) => a.since.localeCompare(b.since));

const read = (file: string): Member | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Member;
  } catch {
    return null;
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
