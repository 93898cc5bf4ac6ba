import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineTool } from '../../define.js';
import { runLine, runView, viewRun } from '../../job-views.js';
import { name } from '../../schemas.js';

export default defineTool({
  name: 'run_job',
  title: 'Run a job',
  description: 'Runs a job of list_jobs now, for this tenant. What takes longer than it is waited for goes on; look at list_jobs then.',
  toolset: 'admin',
  scope: 'admin',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    job: name(100).describe('Name of the job.'),
    wait_seconds: z.number().int().min(0).max(25).default(20).describe('How long to wait for its end (20).'),
  }),
  output: z.object({ run: runView }),

  async run({ job, wait_seconds }, { jobs, signal, principal: { tenantId } }) {
    const started = await jobs.start(job, tenantId);
    // Its end is written down whoever waits for it; an error of that would be nobody's to catch later.
    const finished = started.finished.catch(() => null);
    const waiting = new AbortController();
    const patience = sleep(wait_seconds * 1000, null, { signal: AbortSignal.any([signal, waiting.signal]), ref: false }).catch(() => null);
    const run = await Promise.race([finished, patience]);
    waiting.abort();
    return { run: viewRun(run ?? (await jobs.find(started.id)), tenantId) };
  },

  text: ({ run }) => runLine(run),
});
