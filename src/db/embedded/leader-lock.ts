import { createHash } from 'node:crypto';
import { closeSync, openSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';

export type LeaderLock = { release(): Promise<void> };

/** Abstract socket names are padded to their full length by us: versions of libuv differ in whether they do it. */
const ABSTRACT_NAME_BYTES = 107;
// open(2) flags of macOS and the BSDs, where O_EXLOCK takes flock() while opening; Node has no names for them.
const O_RDWR = 0x2;
const O_NONBLOCK = 0x4;
const O_EXLOCK = 0x20;
const O_CREAT = 0x200;

/**
 * Takes the right to run the engine of a folder, or answers null at once when another process has it. The kernel gives it
 * back when the process ends, however it ends; nothing here looks at clocks or process ids.
 */
export const tryLeaderLock = (dataDir: string): Promise<LeaderLock | null> => tryFolderLock(dataDir, null);

/** The same for anything else that one process at a time may do in a folder. */
export const tryFolderLock = async (dataDir: string, purpose: string | null): Promise<LeaderLock | null> => {
  if (process.platform === 'darwin' || process.platform.endsWith('bsd'))
    return lockFile(join(dataDir, `${(purpose ?? 'leader').replaceAll(':', '-')}.lock`));
  const user = process.getuid?.() ?? userInfo().username;
  const id = createHash('sha256')
    .update([realpathSync(dataDir), user, ...(purpose === null ? [] : [purpose])].join('|'))
    .digest('hex')
    .slice(0, 40);
  return process.platform === 'win32'
    ? bindName(`\\\\.\\pipe\\recollect-lock-${id}`)
    : bindName(`\0${`recollect-lock-${id}`.padEnd(ABSTRACT_NAME_BYTES, '.')}`);
};

const lockFile = (path: string): LeaderLock | null => {
  try {
    const descriptor = openSync(path, O_RDWR | O_CREAT | O_EXLOCK | O_NONBLOCK, 0o600);
    return { release: async () => closeSync(descriptor) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
    throw error;
  }
};

const bindName = (name: string): Promise<LeaderLock | null> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen({ path: name }, () => resolve({ release: () => new Promise((done) => server.close(() => done())) }));
  });
