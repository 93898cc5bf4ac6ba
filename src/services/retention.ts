import type { RetentionOptions, RetentionReport } from '../repository/retention/retention.js';
import { addCounts, noCounts, type RetentionCounts } from '../repository/retention/retention-counts.js';
import type { Store } from '../repository/store.js';

/** What carrying out retention needs of the process it runs in. */
export type RetentionHost = Readonly<{
  systemStore(tenantId: string): Promise<Store>;
  /** Told of a tenant in which something changed. */
  wrote(tenantId: string): void;
}>;

export type TenantRetention = Readonly<{ tenantId: string } & RetentionReport>;

/** Carries out the policies of tenants, one after the other, and tells whoever follows them. Stops between two batches. */
export async function retain(
  host: RetentionHost,
  tenantIds: readonly string[],
  {
    progress,
    ...options
  }: Omit<RetentionOptions, 'progress'> & { progress?: (tenantId: string, counts: Readonly<RetentionCounts>) => void },
): Promise<TenantRetention[]> {
  const reports: TenantRetention[] = [];
  for (const tenantId of tenantIds) {
    if (options.signal?.aborted) break;
    const store = await host.systemStore(tenantId);
    const report = await store.retention.runRetention({ ...options, progress: (counts) => progress?.(tenantId, counts) });
    if (!report.dryRun && Object.values(report.counts).some((count) => count > 0)) host.wrote(tenantId);
    reports.push({ tenantId, ...report });
  }
  return reports;
}

export function totalOf(reports: readonly RetentionReport[]): RetentionCounts {
  const total = noCounts();
  for (const { counts } of reports) addCounts(total, counts);
  return total;
}
