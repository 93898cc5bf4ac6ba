import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openApp, principalFrom } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { copyTemplate } from '../support/copy-template.js';
import { temporaryFolder } from './run-cli.js';

const quiet = createLog('silent');

it('opens nothing until it is asked, tries again after a failure, and closes once and for all', async () => {
  await using folder = await temporaryFolder();
  const dataDir = join(folder.path, 'memory');
  await writeFile(dataDir, 'a file is in the way');
  const config = loadConfig({ dataDir, tenant: 'household', user: 'mara' }, {});
  const app = openApp(config, quiet);
  const principal = principalFrom(config);
  expect(principal).toMatchObject({ tenantId: 'household', user: 'mara', role: 'user' });

  await expect(app.storeFor(principal)).rejects.toMatchObject({ code: 'unavailable', hint: expect.stringContaining('RECOLLECT_DATA_DIR') });
  await rm(dataDir);
  copyTemplate(dataDir);

  const [store, again] = await Promise.all([app.storeFor(principal), app.storeFor(principal)]);
  expect(again).toBe(store);
  const { models } = await app.database();
  expect(await models.User.count({ where: { tenantId: 'household', externalId: 'mara' } })).toBe(1);

  await Promise.all([app.close(), app.close()]);
  await expect(app.database()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(app.storeFor(principalFrom(loadConfig({ tenant: 'other' }, {})))).rejects.toMatchObject({ code: 'unavailable' });
}, 60_000);
