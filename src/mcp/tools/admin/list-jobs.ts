import { z } from 'zod';
import { defineTool } from '../../define.js';
import { runLine, runView, viewRun } from '../../job-views.js';

const moment = () => z.string().meta({ format: 'date-time' });

export default defineTool({
  name: 'list_jobs',
  title: 'List jobs',
  description:
    'What the server does by itself: when each job is due, whether it is switched on, and what its last runs did for this tenant.',
  toolset: 'admin',
  scope: 'admin',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    runs: z.number().int().min(0).max(20).default(3).describe('How many of its newest runs to show of each (3).'),
  }),
  output: z.object({
    jobs: z.array(
      z.object({
        name: z.string(),
        summary: z.string(),
        schedule: z.string().nullable().describe('A cron expression; null: never.'),
        time_zone: z.string(),
        enabled: z.boolean(),
        applies: z.boolean().describe('False: this configuration leaves it nothing to do.'),
        running: z.boolean(),
        next_at: moment().nullable(),
        runs: z.array(runView),
      }),
    ),
  }),

  async run({ runs }, { jobs, principal: { tenantId } }) {
    const list = await jobs.list({ runs, tenantId });
    return {
      jobs: list.map((job) => ({
        name: job.name,
        summary: job.summary,
        schedule: job.schedule,
        time_zone: job.timeZone,
        enabled: job.enabled,
        applies: job.applies,
        running: job.running,
        next_at: job.nextAt?.toISOString() ?? null,
        runs: job.runs.map((run) => viewRun(run, tenantId)),
      })),
    };
  },

  text: ({ jobs }) =>
    jobs
      .flatMap((job) => {
        const due = !job.applies
          ? 'nothing to do with this configuration'
          : !job.enabled
            ? 'switched off'
            : job.schedule === null
              ? 'not scheduled'
              : `due ${job.schedule} (${job.time_zone}), next ${job.next_at ?? 'never'}`;
        return [`${job.name}: ${job.summary}. ${job.running ? 'Running now. ' : ''}${due}.`, ...job.runs.map((run) => `- ${runLine(run)}`)];
      })
      .join('\n'),
});
