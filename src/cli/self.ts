import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The command that starts this very program again, with the loader it runs under. */
export function selfCommand(...args: string[]): { command: string; args: string[] } {
  const built = fileURLToPath(new URL('../main.js', import.meta.url));
  const entry = existsSync(built) ? built : fileURLToPath(new URL('../main.ts', import.meta.url));
  return { command: process.execPath, args: [...process.execArgv, entry, ...args] };
}
