import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError, invalidInput } from '../../../errors.js';
import { defineCommand, value } from '../../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';
import { assertWritable } from '../../transfer/places.js';

export default defineCommand({
  name: 'export',
  summary: 'write everything that is held about a person',
  details:
    'Writes everything that is held about one person as JSON lines: a header, one line for each row ({"type": …, "data": …}), and a last\n' +
    'line with how many there were of each type. Hashes of passwords and keys are left out. The file is readable for you alone and\n' +
    'takes its name when it is complete; one that is there already is left as it is.',
  settings: STORAGE_SETTINGS,
  operand: { name: 'user', description: 'external id, username or e-mail' },
  options: { tenant: tenantOption, out: value('file', 'where to write') },
  async run(invocation) {
    const { options, operand, output } = invocation;
    const { out } = options;
    if (operand === undefined || out === undefined) throw invalidInput('Say who, and where to write it with --out.');
    if (existsSync(out)) throw new AppError('conflict', `${out} is there already.`, { hint: 'Name another file.' });
    await assertWritable(out);
    return withTenantStore(invocation, async (store, app) => {
      const { exportPersonalData } = await import('../../../services/personal-data.js');
      const unfinished = `${out}.${process.pid}.tmp`;
      try {
        const lines = Readable.from(exportPersonalData(store, operand, app.clock()));
        await pipeline(lines, createWriteStream(unfinished, { flags: 'wx', mode: 0o600 }));
        await rename(unfinished, out);
      } finally {
        await rm(unfinished, { force: true });
      }
      output.note(`Everything that is held about ${operand} is in ${out}.`);
      return 0;
    });
  },
});
