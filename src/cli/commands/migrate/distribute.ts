import { counted } from '../../../counted.js';
import type { Distribution, PlacedTable } from '../../../db/distribution.js';
import { invalidInput } from '../../../errors.js';
import { defineCommand, flag, value } from '../../define.js';
import type { Output } from '../../output.js';
import { ALL_SETTINGS } from '../../program.js';

const SHARDS = 32;

export default defineCommand({
  name: 'distribute',
  summary: 'spread tenants over the servers of a Citus cluster, or show how they are spread',
  details:
    'Each tenant is on one server with everything it has; tables without a tenant are copied to all or stay on the coordinator.\n' +
    'Nothing can be written meanwhile. Run again, it places what is not placed yet. There is no way back but a backup. See docs/citus.md.',
  settings: ALL_SETTINGS,
  options: {
    dryRun: flag('show what would be done'),
    shards: value('count', `into how many parts the tenants are divided, for good. Default: ${SHARDS}`),
    json: flag('print JSON'),
  },
  async run({ options, config, output }) {
    const shards = Number(options.shards ?? SHARDS);
    if (!Number.isInteger(shards) || shards < 1 || shards > 1024) throw invalidInput('--shards must be a whole number from 1 to 1024.');
    const dryRun = options.dryRun === true;
    const [{ openApp }, { assertSchema }, { distribute, truncateCopies }] = await Promise.all([
      import('../../../app.js'),
      import('../../../db/migrate.js'),
      import('../../../db/distribution.js'),
    ]);
    output.note('Opening the database …');
    await using app = openApp(config());
    const db = await app.engine();
    await assertSchema(db);
    output.note(dryRun ? 'Looking at the tables …' : 'Placing the tables …');
    const { distribution, placed, dropped } = await distribute(db, { shards, dryRun });
    if (!dryRun) await truncateCopies(db, placed);
    if (options.json) {
      output.json({ citus: distribution.citus, workers: distribution.workers, dryRun, placed: placed.map(placeOf), dropped });
      return 0;
    }
    output.line(`Citus ${distribution.citus}, ${counted(distribution.workers, 'server')} with shards.`);
    printPlaced(output, placed, distribution, dryRun);
    for (const name of dropped) output.line(`${dryRun ? 'would be dropped' : 'dropped'}  ${name}, which Citus does not allow`);
    return 0;
  },
});

const placeOf = ({ table, key }: PlacedTable) => ({ table, place: key === null ? 'on every server' : 'by tenant' });

function printPlaced(output: Output, placed: readonly PlacedTable[], { tables }: Distribution, dryRun: boolean): void {
  const there = tables.length - placed.length;
  if (there > 0) output.line(`${there} of ${tables.length} tables are placed already.`);
  for (const table of placed) {
    const { place } = placeOf(table);
    output.line(`${dryRun ? 'would be placed' : 'placed'}  ${table.table}: ${place}`);
  }
}
