import type { TenantRecord } from '../../../repository/system/tenants.js';
import { flatSettings } from '../../../repository/tenant-settings.js';

export const tenantView = ({ textSearchConfig, createdAt, held, ...tenant }: TenantRecord) => ({
  ...tenant,
  text_search_config: textSearchConfig,
  held_conversations: held,
  created_at: createdAt.toISOString(),
});

/** Settings as lines of a table, the language among them. */
export const settingRows = ({ name, textSearchConfig, settings }: TenantRecord): [string, string][] => [
  ['name', name],
  ['text_search_config', textSearchConfig],
  ...flatSettings(settings).map(([key, value]): [string, string] => [key, JSON.stringify(value)]),
];
