import { linkSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { AppError } from '../../errors.js';
import { probe } from './socket-path.js';

/** Who runs the engine of a folder and where it listens. Every leader writes a new one, numbered one above the last. */
export type Owner = Readonly<{
  pid: number;
  host: string;
  /** Identifies one run of the machine; null where the system does not tell. */
  boot: string | null;
  network: string | null;
  since: string;
  /** Relative to the folder when it is in it: a container may see the folder under another path. */
  socket: string;
  /** Set when the engine was closed in order. */
  closedAt: string | null;
}>;

type Claim = Readonly<{ number: number; owner: Owner }>;

const FILE = /^owner-(\d+)\.json$/;
const fileOf = (dataDir: string, number: number): string => join(dataDir, `owner-${number}.json`);

const readOr = <T>(read: () => T, fallback: T): T => {
  try {
    return read();
  } catch {
    return fallback;
  }
};

const here = (): Pick<Owner, 'host' | 'boot' | 'network'> => ({
  host: hostname(),
  boot: readOr<string | null>(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), null),
  network: readOr<string | null>(() => readlinkSync('/proc/self/ns/net'), null),
});

/** Highest first, those too that say nothing. */
const numbers = (dataDir: string): number[] =>
  readOr(() => readdirSync(dataDir), [])
    .map((name) => FILE.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number)
    .sort((a, b) => b - a);

const claims = (dataDir: string): Claim[] =>
  numbers(dataDir).flatMap((number) => {
    const owner = readOr<Owner | null>(() => JSON.parse(readFileSync(fileOf(dataDir, number), 'utf8')) as Owner, null);
    return owner ? [{ number, owner }] : [];
  });

const socketOf = (dataDir: string, owner: Owner): string =>
  isAbsolute(owner.socket) || owner.socket.startsWith('\\\\') ? owner.socket : join(dataDir, owner.socket);

/** The current owner that has not closed, with the path to its socket; it may be dead. */
export const currentOwner = (dataDir: string): (Owner & { socketPath: string }) | null => {
  const owner = claims(dataDir)[0]?.owner;
  return owner && owner.closedAt === null ? { ...owner, socketPath: socketOf(dataDir, owner) } : null;
};

export type Ownership = { close(): void };

/**
 * Makes this process the owner, or answers null when another one was quicker. The caller holds the leader lock and already
 * listens on `socketPath`.
 *
 * The lock settles everything between processes of one network namespace. Containers that share a folder have one each, so
 * the last owner is asked too: on this machine its socket answers as long as it lives. An owner on another machine cannot be
 * asked; unless it closed in order, we refuse to open. Two containers that start at the same moment race for the next number,
 * which the file system gives to one of them.
 */
export const claimOwnership = async (dataDir: string, socketPath: string): Promise<Ownership | null> => {
  const seen = claims(dataDir);
  const last = seen[0];
  if (last && !(await isGone(dataDir, last))) return null;
  // A process that was killed while it wrote may have left an empty file; its number is not given again.
  const taken = numbers(dataDir);
  const number = (taken[0] ?? 0) + 1;
  const inside = relative(dataDir, socketPath);
  const owner: Owner = {
    pid: process.pid,
    ...here(),
    since: new Date().toISOString(),
    socket: inside.startsWith('..') || isAbsolute(inside) ? socketPath : inside,
    closedAt: null,
  };
  const file = fileOf(dataDir, number);
  if (!createWhole(file, JSON.stringify(owner))) return null;
  const known = new Set([number, ...seen.map((claim) => claim.number)]);
  if (claims(dataDir).some((claim) => !known.has(claim.number))) {
    rmSync(file, { force: true });
    return null;
  }
  for (const old of taken) rmSync(fileOf(dataDir, old), { force: true });
  for (const claim of seen) if (!claim.owner.socket.startsWith('\\\\')) rmSync(socketOf(dataDir, claim.owner), { force: true });
  return {
    close: () => {
      try {
        replaceWhole(file, JSON.stringify({ ...owner, closedAt: new Date().toISOString() }));
      } catch {
        // The disk is full, or the folder is gone: that must not keep whoever closes from giving the lock back.
      }
    },
  };
};

const isGone = async (dataDir: string, { number, owner }: Claim): Promise<boolean> => {
  if (owner.closedAt !== null) return true;
  const { host, boot, network } = here();
  if (owner.boot === boot && boot !== null) {
    if (owner.network === network) return true;
    const reach = await probe(socketOf(dataDir, owner));
    if (reach === 'listening') return false;
    // Outside the folder the socket may exist where this container cannot see it.
    if (reach === 'refused' || !isAbsolute(owner.socket)) return true;
  } else if (owner.host === host) return true;
  throw new AppError(
    'unavailable',
    `The data folder ${dataDir} is used by another machine or container ("${owner.host}", process ${owner.pid}, since ${owner.since}), or was not closed in order there.`,
    {
      hint: `Close Recollect there and try again. If it no longer runs, delete ${fileOf(dataDir, number)}. To share one memory between machines, set RECOLLECT_DATABASE_URL to a PostgreSQL server.`,
    },
  );
};

/** Creates a file that was not there, in one step and with all its content; false when it exists. */
const createWhole = (file: string, content: string): boolean => {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, content, { mode: 0o600, flush: true });
    linkSync(draft, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    return createExclusively(file, content);
  } finally {
    rmSync(draft, { force: true });
  }
};

/** For a file system without hard links. */
const createExclusively = (file: string, content: string): boolean => {
  try {
    writeFileSync(file, content, { mode: 0o600, flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    rmSync(file, { force: true });
    throw error;
  }
};

/** Writes a file so that a reader sees the old content or the new, never a part. */
export const replaceWhole = (file: string, content: string): void => {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, content, { mode: 0o600, flush: true });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
};
