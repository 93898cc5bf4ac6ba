import { defineCommand } from '../define.js';
import list from './jobs/list.js';
import run from './jobs/run.js';
import { disable, enable } from './jobs/switch.js';

export default defineCommand({
  name: 'jobs',
  summary: 'show what servers do by themselves, run it now, or switch it on and off',
  subcommands: [list, run, enable, disable],
});
