import type { Config } from '../../config.js';
import type { Database } from '../../db/database.js';
import { invalidInput } from '../../errors.js';
import { defineCommand, type ExitCode, flag, value } from '../define.js';
import type { Output } from '../output.js';
import { ALL_SETTINGS } from '../program.js';
import distribute from './migrate/distribute.js';

const up = defineCommand({
  name: 'up',
  summary: 'apply pending migrations',
  settings: ALL_SETTINGS,
  options: { to: value('name', 'the last migration to apply; without it all are') },
  run: ({ options, config, output }) =>
    onDatabase(config(), output, async (db, { migrateUp }) => {
      output.note('Applying migrations …');
      report(output, 'applied', await migrateUp(db, options.to ? { to: options.to } : {}));
    }),
});

const down = defineCommand({
  name: 'down',
  summary: 'take back the newest migration; its tables go, and the data in them',
  settings: ALL_SETTINGS,
  options: {
    to: value('name', 'take back every migration down to and including this one'),
    steps: value('count', 'how many to take back. Default: 1'),
  },
  run: ({ options, config, output }) => {
    if (options.to && options.steps) throw invalidInput('--to and --steps cannot be combined.');
    const steps = Number(options.steps ?? 1);
    if (!Number.isInteger(steps) || steps < 1) throw invalidInput('--steps must be a whole number above 0.');
    return onDatabase(config(), output, async (db, { migrateDown }) => {
      output.note('Taking migrations back …');
      report(output, 'taken back', await migrateDown(db, options.to ? { to: options.to } : { steps }));
    });
  },
});

const status = defineCommand({
  name: 'status',
  summary: 'list applied and pending migrations',
  settings: ALL_SETTINGS,
  options: { json: flag('print JSON') },
  run: ({ options, config, output }) =>
    onDatabase(config(), output, async (db, { migrationStatus }) => {
      const { applied, pending, unknown } = await migrationStatus(db);
      if (options.json) output.json({ applied, pending, unknown });
      else {
        for (const name of applied) output.line(`applied  ${name}`);
        for (const name of pending) output.line(`pending  ${name}`);
        for (const name of unknown) output.line(`unknown  ${name} (from a newer version of the program)`);
      }
    }),
});

export default defineCommand({
  name: 'migrate',
  summary: 'bring the database schema up or down, or show where it stands',
  subcommands: [up, down, status, distribute],
});

type Migrations = typeof import('../../db/migrate.js');

async function onDatabase(
  config: Config,
  output: Output,
  work: (db: Database, migrations: Migrations) => Promise<void>,
): Promise<ExitCode> {
  // Loaded here and not above: help shows this command too, and should not wait for a database driver.
  const [{ openApp }, migrations] = await Promise.all([import('../../app.js'), import('../../db/migrate.js')]);
  output.note('Opening the database …');
  await using app = openApp(config);
  await work(await app.engine(), migrations);
  return 0;
}

function report(output: Output, done: string, names: readonly string[]): void {
  for (const name of names) output.line(`${done}  ${name}`);
  if (names.length === 0) output.line(`Nothing to do.`);
}
