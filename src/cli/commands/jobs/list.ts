import { invalidInput } from '../../../errors.js';
import type { JobOverview } from '../../../services/job-control.js';
import { defineCommand, flag, value } from '../../define.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';
import { runJson, runText } from './run-text.js';

const MOST_RUNS = 1000;

export default defineCommand({
  name: 'list',
  summary: 'list jobs, when each is due, and how it went lately',
  settings: STORAGE_SETTINGS,
  options: { runs: value('count', 'how many of the newest runs to show of each. Default: 1'), json: flag('print JSON') },
  run: (invocation) =>
    withDatabase(invocation, async (_, { jobs }) => {
      const { options, output } = invocation;
      const overview = await jobs.list({ runs: runsOf(options.runs), tenantId: null });
      if (options.json) output.json(overview.map(jobJson));
      else
        for (const job of overview) {
          output.line(`${output.style('bold', job.name)}  ${dueText(job)}${job.running ? ', running now' : ''}`);
          output.line(output.style('dim', `  ${job.summary}`));
          for (const run of job.runs) output.line(`  ${run.status === 'failed' ? output.style('red', runText(run)) : runText(run)}`);
        }
      return 0;
    }),
});

function dueText({ applies, enabled, schedule, timeZone, nextAt }: JobOverview): string {
  if (!applies) return 'nothing to do with this configuration';
  if (!enabled) return 'switched off';
  if (schedule === null) return 'not scheduled';
  return `${schedule} (${timeZone}), next ${nextAt?.toISOString().slice(0, 16).replace('T', ' ') ?? 'never'}${nextAt ? ' UTC' : ''}`;
}

const jobJson = ({ name, summary, schedule, timeZone, enabled, applies, running, nextAt, runs }: JobOverview) => ({
  name,
  summary,
  schedule,
  time_zone: timeZone,
  enabled,
  applies,
  running,
  next_at: nextAt,
  runs: runs.map(runJson),
});

function runsOf(written = '1'): number {
  const count = Number(written);
  if (!/^\d{1,4}$/.test(written) || count > MOST_RUNS) throw invalidInput(`--runs must be a whole number up to ${MOST_RUNS}.`);
  return count;
}
