import { defineCommand } from '../define.js';
import remove from './client/delete.js';
import disable from './client/disable.js';
import enable from './client/enable.js';
import list from './client/list.js';
import show from './client/show.js';

export default defineCommand({
  name: 'client',
  summary: 'look after the programs that people sign in with (OAuth clients)',
  subcommands: [list, show, disable, enable, remove],
});
