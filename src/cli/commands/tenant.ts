import { defineCommand } from '../define.js';
import create from './tenant/create.js';
import remove from './tenant/delete.js';
import list from './tenant/list.js';
import settings from './tenant/settings.js';

export default defineCommand({
  name: 'tenant',
  summary: 'make, list, configure and remove tenants: isolated customers or households',
  subcommands: [create, list, settings, remove],
});
