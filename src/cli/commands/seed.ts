import { openApp } from '../../app.js';
import { defineCommand } from '../define.js';
import { ALL_SETTINGS } from '../program.js';

export default defineCommand({
  name: 'seed',
  summary: 'fill the tenant with a small example household to try things on',
  details: 'Adds a few users, conversations, memories and tasks to the tenant. Running it again changes nothing.',
  settings: ALL_SETTINGS,
  async run({ config: readConfig, output }) {
    const config = readConfig();
    await using app = openApp(config);
    output.note(`Seeding tenant ${config.tenant} …`);
    const [{ db, models }, { seed }] = await Promise.all([app.database(), import('../../db/seed.js')]);
    await seed(db, models, { tenantId: config.tenant });
    output.line(`Tenant ${config.tenant} holds the example data.`);
    return 0;
  },
});
