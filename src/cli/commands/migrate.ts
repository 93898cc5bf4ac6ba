import { type App, openApp } from '../../app.js';
import type { Config } from '../../config.js';
import { migrateDown, migrateUp, migrationStatus } from '../../db/migrate.js';
import { invalidInput } from '../../errors.js';
import { defineCommand, type ExitCode, flag, value } from '../define.js';
import type { Output } from '../output.js';
import { ALL_SETTINGS } from '../program.js';

const up = defineCommand({
  name: 'up',
  summary: 'apply pending migrations',
  settings: ALL_SETTINGS,
  options: { to: value('name', 'the last migration to apply; without it all are') },
  run: ({ options, config, output }) =>
    withEngine(config(), async (app) => {
      output.note('Applying migrations …');
      report(output, 'applied', await migrateUp(await app.engine(), options.to ? { to: options.to } : {}));
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
    return withEngine(config(), async (app) => {
      output.note('Taking migrations back …');
      report(output, 'taken back', await migrateDown(await app.engine(), options.to ? { to: options.to } : { steps }));
    });
  },
});

const status = defineCommand({
  name: 'status',
  summary: 'list applied and pending migrations',
  settings: ALL_SETTINGS,
  options: { json: flag('print JSON') },
  run: ({ options, config, output }) =>
    withEngine(config(), async (app) => {
      const { applied, pending, unknown } = await migrationStatus(await app.engine());
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
  subcommands: [up, down, status],
});

async function withEngine(config: Config, work: (app: App) => Promise<void>): Promise<ExitCode> {
  await using app = openApp(config);
  await work(app);
  return 0;
}

function report(output: Output, done: string, names: readonly string[]): void {
  for (const name of names) output.line(`${done}  ${name}`);
  if (names.length === 0) output.line(`Nothing to do.`);
}
