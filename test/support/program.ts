import { inject } from 'vitest';
import { QUICK_START } from './quick-start.js';

/** The program of this run's sources, for a process of its own. */
export const programCommand = (...args: string[]): { command: string; args: string[] } => ({
  command: process.execPath,
  args: [QUICK_START, inject('program'), ...args],
});
