import path from 'node:path';
import { expect, it } from 'vitest';
import exportCommand from '../../src/cli/commands/export.js';
import importCommand from '../../src/cli/commands/import.js';
import { temporaryFolder } from '../cli/run-cli.js';
import { runHere } from '../cli/run-here.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

describeEngines('what lets people in', (engine) => {
  it('comes out of a file only where that is asked for: whoever made the file has the keys', async () => {
    await using folder = await temporaryFolder();
    const { url, dataDir } = engine.config;
    const place = url === null ? ['--data-dir', dataDir] : ['--database-url', url];
    const [from, to] = [await engine.freshTenant(), await engine.freshTenant()];
    const store = await storeFor(engine.db, { tenantId: from, role: 'system' });
    const { id } = await store.accounts.create({ username: 'ann', passwordHash: 'x', role: 'admin' });
    await store.apiTokens.create({ name: 'k', role: 'admin', prefix: 'rcl_abc', tokenHash: 'hash-of-a-key' });
    await store.passwordResets.issue(id, 'hash-of-a-token', new Date(Date.now() + 60_000));
    const file = path.join(folder.path, 'x.jsonl');
    await runHere(exportCommand, '--tenant', from, '--out', file, '--with-accounts', ...place);

    const { ApiToken, UserCredential, PasswordResetToken, User } = engine.models;
    const where = { where: { tenantId: to } };
    const ways = () => Promise.all([ApiToken.count(where), UserCredential.count(where), PasswordResetToken.count(where)]);
    const take = (...more: string[]) => runHere(importCommand, file, '--tenant', to, '--json', ...more, ...place);
    const left_out = { account: 1, api_key: 1, password_reset: 1 };
    expect((await take('--dry-run')).json).toMatchObject({ left_out });
    expect(await take()).toMatchObject({ code: 0, json: { left_out, rejected: [] } });
    expect([await ways(), await User.count({ where: { tenantId: to, externalId: 'ann' } })]).toEqual([[0, 0, 0], 1]);
    expect((await runHere(importCommand, file, '--tenant', to, ...place)).notes.join('\n')).toContain('--with-accounts takes it');

    expect((await take('--with-accounts')).json).toMatchObject({ left_out: {} });
    expect(await ways()).toEqual([1, 1, 1]);
  });
});
