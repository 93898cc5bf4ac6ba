import { defineCommand, flag } from '../define.js';
import { printReport } from '../doctor/print.js';
import { ALL_SETTINGS } from '../program.js';

export default defineCommand({
  name: 'doctor',
  summary: 'check that everything works, and show what is in use',
  details:
    'Opens the database, looks at its schema, rows, counters, statistics and locks, shows who shares the folder and which settings are in force,\n' +
    'and starts a server to see that a client reaches it. Exits with 1 when something is wrong. Passwords are not shown.',
  settings: ALL_SETTINGS,
  options: {
    json: flag('print JSON'),
    fix: flag('make wrong statistics of words anew, and remove what hangs on messages that are not there'),
  },
  async run({ options, config, output }) {
    const { examine } = await import('../doctor/examine.js');
    const report = await examine(config(), options.fix, (text) => output.note(text));
    if (options.json) output.json(report);
    else printReport(report, output);
    return report.ok ? 0 : 1;
  },
});
