import { defineCommand } from '../define.js';
import activate from './user/activate.js';
import create from './user/create.js';
import deactivate from './user/deactivate.js';
import remove from './user/delete.js';
import disable from './user/disable.js';
import enable from './user/enable.js';
import erase from './user/erase.js';
import exportData from './user/export.js';
import list from './user/list.js';
import passwd from './user/passwd.js';
import redeem from './user/redeem.js';
import reset from './user/reset.js';
import signIns from './user/sign-ins.js';
import signOut from './user/sign-out.js';
import unlock from './user/unlock.js';

export default defineCommand({
  name: 'user',
  summary: 'make and look after accounts, and the people behind them',
  subcommands: [
    ...[create, list, passwd, reset, redeem, unlock, disable, enable, remove],
    ...[signIns, signOut, activate, deactivate, exportData, erase],
  ],
});
