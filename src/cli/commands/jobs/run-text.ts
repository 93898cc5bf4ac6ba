import type { JobRunRecord } from '../../../repository/system/jobs.js';

/** A run in one line, for whoever looks after the whole server. */
export function runText({ status, startedAt, finishedAt, tenantId, stats, error }: JobRunRecord): string {
  const did = Object.entries(stats.totals ?? {})
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${name} ${count}`);
  return [
    status,
    startedAt.toISOString().replace(/\.\d+Z$/, 'Z'),
    finishedAt ? `${((finishedAt.getTime() - startedAt.getTime()) / 1000).toFixed(1)} s` : 'not finished',
    ...(tenantId === null ? [] : [`for ${tenantId}`]),
    ...(did.length > 0 ? [did.join(', ')] : []),
    ...(error === null ? [] : [error]),
  ].join('  ');
}

/** A run as JSON. */
export const runJson = ({ id, job, tenantId, slot, startedAt, finishedAt, status, stats, error }: JobRunRecord) => ({
  id,
  job,
  tenant: tenantId,
  due_at: slot,
  started_at: startedAt,
  finished_at: finishedAt,
  status,
  figures: stats.totals ?? {},
  tenants: stats.tenants ?? {},
  error,
});
