import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** sockaddr_un holds 104 bytes on macOS and 108 on Linux, both with a closing NUL. */
const MAX_PATH_BYTES = 103;
const PROBE_MS = 1500;

const isWindows = process.platform === 'win32';

/** Where a new leader may listen, best first: in the folder itself, else in a short private directory. The name is never used twice. */
export const socketCandidates = (dataDir: string): string[] => {
  const unique = randomBytes(5).toString('hex');
  const folder = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  if (isWindows) return [`\\\\.\\pipe\\recollect-${folder}-${unique}`];
  const privateName = `recollect-${process.getuid?.() ?? 0}-${folder}`;
  return [join(dataDir, `.s.${unique}`), join(tmpdir(), privateName, unique), join('/tmp', privateName, unique)].filter(
    (path, at, all) => Buffer.byteLength(path) <= MAX_PATH_BYTES && all.indexOf(path) === at,
  );
};

/** Makes the short directory, and refuses one that somebody else made or may enter. */
export const preparePrivateDirectory = (directory: string): void => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(directory);
  if (!lstatSync(directory).isDirectory() || uid !== process.getuid?.()) throw new Error(`${directory} belongs to somebody else`);
  if ((mode & 0o077) !== 0) chmodSync(directory, 0o700);
};

export type Reach = 'listening' | 'refused' | 'missing';

/** Whether somebody listens there. A listener whose thread is busy still counts: the kernel accepts for it. */
export const probe = (path: string): Promise<Reach> =>
  new Promise((resolve) => {
    const socket = connect({ path });
    const answer = (reach: Reach): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reach);
    };
    // A full backlog: somebody is there, and very busy.
    const timer = setTimeout(() => answer('listening'), PROBE_MS);
    socket.once('connect', () => answer('listening'));
    socket.once('error', (error: NodeJS.ErrnoException) => answer(error.code === 'ENOENT' ? 'missing' : 'refused'));
  });

/** A socket for pg that goes to `path`, whatever host and port pg asks for. */
export const socketTo = (path: () => string): Socket => {
  const socket = new Socket();
  const connectTo = socket.connect.bind(socket) as (options: { path: string }) => Socket;
  return Object.assign(socket, { connect: () => connectTo({ path: path() }) });
};
