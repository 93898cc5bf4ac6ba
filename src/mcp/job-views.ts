import { z } from 'zod';
import type { JobRunRecord } from '../repository/system/jobs.js';

const moment = () => z.string().meta({ format: 'date-time' });

export const runView = z.object({
  id: z.string(),
  job: z.string(),
  status: z.enum(['running', 'succeeded', 'failed', 'stopped']),
  started_at: moment(),
  finished_at: moment().optional(),
  figures: z.record(z.string(), z.number()).describe('What it did for this tenant.'),
  error: z.string().optional(),
});

/** A run as one tenant may see it: of a run for all tenants, what it did for this one. */
export function viewRun(run: JobRunRecord, tenantId: string): z.output<typeof runView> {
  const own = run.tenantId === tenantId;
  const part = run.stats.tenants?.[tenantId];
  const failedForSome = !own && Object.values(run.stats.tenants ?? {}).some(({ error }) => error !== undefined);
  const error = own ? run.error : (part?.error ?? (failedForSome ? null : run.error));
  return {
    id: run.id,
    job: run.job,
    status: run.status === 'failed' && failedForSome && part?.error === undefined ? 'succeeded' : run.status,
    started_at: run.startedAt.toISOString(),
    ...(run.finishedAt && { finished_at: run.finishedAt.toISOString() }),
    figures: (own ? run.stats.totals : part?.figures) ?? {},
    ...(error !== null && { error }),
  };
}

/** A run in one line. */
export function runLine({ job, status, started_at, finished_at, figures, error }: z.output<typeof runView>): string {
  const did = Object.entries(figures)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${name} ${count}`);
  const took = finished_at ? ` in ${Math.round((Date.parse(finished_at) - Date.parse(started_at)) / 100) / 10} s` : '';
  return `${job} ${status}${took}, started ${started_at}${did.length > 0 ? `: ${did.join(', ')}` : ''}${error ? `. ${error}` : ''}`;
}
