import { invalidInput } from '../../../errors.js';
import { RETENTION_KEYS, RETENTION_SHAPE, type RetentionPolicy } from '../../../repository/retention/retention-policy.js';
import { defineCommand, flag, value } from '../../define.js';
import { columns } from '../../output.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';

type Key = keyof RetentionPolicy;

export default defineCommand({
  name: 'policy',
  summary: 'show or change how long a tenant keeps things',
  details: [
    'Shows what is in force for a tenant: its own limits over those of the configuration. --set gives it limits of its own, `off` none;',
    '--unset gives them back to the configuration. Limits:',
    ...columns(RETENTION_KEYS.map((key) => [key, RETENTION_SHAPE[key].description ?? ''] as const)),
  ].join('\n'),
  settings: STORAGE_SETTINGS,
  options: {
    tenant: tenantOption,
    set: value('name=value', 'limits to set; several are separated by commas'),
    unset: value('names', 'limits that go back to the configuration; several are separated by commas'),
    json: flag('print JSON'),
  },
  run: (invocation) =>
    withTenantStore(invocation, async ({ policies }) => {
      const { options, output } = invocation;
      if (options.set !== undefined || options.unset !== undefined) {
        const unset = (options.unset?.split(',') ?? []).map((key) => known(key.trim()));
        await policies.change(assignments(options.set), unset);
      }
      const { retention, quotas, own, used } = await policies.overview();
      if (options.json) {
        output.json({ retention, quotas, own, used });
        return 0;
      }
      const rows = Object.entries({ ...retention, ...quotas }).map(
        ([key, limit]) => [key, `${limit ?? '-'}${own.includes(key) ? '  (own)' : ''}`] as const,
      );
      for (const line of columns(rows, '')) output.line(line);
      output.line();
      output.line(`stored: ${used.messages} messages, ${used.bytes} bytes`);
      return 0;
    }),
});

function assignments(written: string | undefined): Partial<Record<Key, number | null>> {
  const pairs = written?.split(',').map((pair): [Key, number | null] => {
    const [key = '', limit = ''] = pair.split('=').map((part) => part.trim());
    if (!/^(\d{1,15}|off|null)$/.test(limit)) throw invalidInput(`--set takes name=number or name=off, not ${JSON.stringify(pair)}.`);
    return [known(key), /^\d/.test(limit) ? Number(limit) : null];
  });
  return Object.fromEntries(pairs ?? []);
}

function known(name: string): Key {
  const key = RETENTION_KEYS.find((one) => one === name);
  if (!key) throw invalidInput(`There is no limit ${JSON.stringify(name)}.`, `There are: ${RETENTION_KEYS.join(', ')}.`);
  return key;
}
