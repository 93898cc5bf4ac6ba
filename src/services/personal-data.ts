import { PERSONAL_KINDS } from '../repository/erasure/personal-data.js';
import type { Store } from '../repository/store.js';

const PERSONAL_DATA_FORMAT = 'recollect-personal-data';
const VERSION = 1;

/**
 * Everything that is held about one person, a line of JSON each: a header, the rows by kind, and a last line with how many there
 * were of each, without which the file is not whole.
 */
export async function* exportPersonalData(store: Store, user: string | undefined, now: Date): AsyncGenerator<string> {
  const person = await store.personalData.find(user);
  const { tenantId } = store.principal;
  yield line({
    type: 'header',
    format: PERSONAL_DATA_FORMAT,
    version: VERSION,
    tenant: tenantId,
    user: person.externalId,
    exported_at: now.toISOString(),
  });
  const counts: Record<string, number> = {};
  for (const kind of PERSONAL_KINDS) {
    counts[kind] = 0;
    for await (const row of store.personalData.read(person, kind)) {
      counts[kind] += 1;
      yield line({ type: kind, data: row });
    }
  }
  yield line({ type: 'end', counts });
}

const line = (value: Record<string, unknown>): string => `${JSON.stringify(value)}\n`;
