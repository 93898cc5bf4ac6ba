import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyTemplate } from '../support/copy-template.js';

/** A data folder with the schema in it, and the settings of a server on it. */
export interface MemoryFolder extends AsyncDisposable {
  readonly env: Record<string, string>;
}

export async function createMemoryFolder(): Promise<MemoryFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'recollect-serve-'));
  const dataDir = join(folder, 'data');
  copyTemplate(dataDir);
  return {
    env: { RECOLLECT_DATA_DIR: dataDir, RECOLLECT_DURABILITY: 'fast', RECOLLECT_TOOLSETS: 'all', RECOLLECT_LOG_LEVEL: 'error' },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
