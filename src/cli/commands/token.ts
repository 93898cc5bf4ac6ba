import { defineCommand } from '../define.js';
import create from './token/create.js';
import list from './token/list.js';
import revoke from './token/revoke.js';

export default defineCommand({
  name: 'token',
  summary: 'make, list and revoke bearer keys for the HTTP server',
  subcommands: [create, list, revoke],
});
