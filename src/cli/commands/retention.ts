import { defineCommand } from '../define.js';
import policy from './retention/policy.js';
import run from './retention/run.js';

export default defineCommand({
  name: 'retention',
  summary: 'carry out how long things are kept, and see or change it',
  subcommands: [run, policy],
});
