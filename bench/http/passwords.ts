import type { Place } from '../place.js';
import type { Member } from './load.js';
import type { Process } from './processes.js';

export async function measurePasswords(
  _place: Place,
  _server: Process,
  _members: readonly Member[],
  _print: (line: string) => void,
  _fail: (line: string) => void,
): Promise<void> {}
