import { once } from 'node:events';
import { createWriteStream, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** What is written until it is whole. */
export const unfinishedOf = (file: string): string => `${file}.partial`;

type OutFile = Readonly<{
  write(text: string): Promise<void>;
  /** Gives the file its name, if `check` finds nothing wrong with it; from then on it is there, whole, even after a power cut. */
  complete(check?: (unfinished: string) => Promise<void>): Promise<void>;
  /** Ends it as it is. */
  abandon(): Promise<void>;
}>;

/** A file readable for its owner alone, packed where its name ends with .gz. It takes its name when it is complete. */
export function openOutFile(file: string, unfinished = unfinishedOf(file)): OutFile {
  // Made anew: a file that somebody else put there would keep its owner and mode, a link would lead elsewhere.
  rmSync(unfinished, { force: true });
  const disk = createWriteStream(unfinished, { flags: 'wx', mode: 0o600 });
  const packer = file.endsWith('.gz') ? createGzip({ level: 6 }) : undefined;
  packer?.pipe(disk);
  const input: Writable = packer ?? disk;
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
  };
  disk.on('error', fail);
  packer?.on('error', fail);
  const end = async () => {
    input.end();
    await finished(disk);
  };
  return {
    async write(text) {
      if (failure) throw failure;
      if (input.write(text)) return;
      const room = new AbortController();
      const gone = once(disk, 'error', { signal: room.signal }).then(([error]) => Promise.reject(error));
      try {
        await Promise.race([once(input, 'drain', { signal: room.signal }), gone]);
      } finally {
        // Whichever did not happen is no longer waited for.
        room.abort();
        gone.catch(() => undefined);
      }
    },
    async complete(check) {
      if (failure) throw failure;
      await end();
      await sync(unfinished);
      await check?.(unfinished);
      await rename(unfinished, file);
      await sync(path.dirname(path.resolve(file))).catch(() => undefined);
    },
    async abandon() {
      if (!failure) await end().catch(() => undefined);
    },
  };
}

async function sync(name: string): Promise<void> {
  const handle = await open(name, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
