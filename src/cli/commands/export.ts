import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { App } from '../../app.js';
import { counted } from '../../counted.js';
import { AppError, invalidInput } from '../../errors.js';
import { scopesOf } from '../../principal.js';
import type { Store } from '../../repository/store.js';
import { defineCommand, flag, value } from '../define.js';
import type { Output } from '../output.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../tenant-store.js';
import { openOutFile, unfinishedOf } from '../transfer/out-file.js';
import { assertWritable } from '../transfer/places.js';
import { Progress } from '../transfer/progress.js';
import { assertExportFormat } from '../transfer-format.js';

export default defineCommand({
  name: 'export',
  summary: 'write what a tenant has stored to a file',
  details:
    'Writes everything of a tenant, or of one user or conversation of it, as JSON lines, as one state that it had; others go on writing\n' +
    'meanwhile. Passwords, keys and tokens are left out. The file is readable for you alone, packed when its name ends with .gz, and takes\n' +
    'its name when it is complete; one that is there already is replaced only then. recollect import reads it.\n\n' +
    '--format server-memory writes the entities and relations of the graph `main` as @modelcontextprotocol/server-memory does.',
  settings: STORAGE_SETTINGS,
  options: {
    tenant: tenantOption,
    user: value('id', 'only what is of this user (external id)'),
    conversation: value('id', 'only this conversation'),
    format: value('name', 'recollect, or server-memory. Default: recollect'),
    out: value('file', 'where to write. Default: -, which is stdout'),
    resume: flag('go on with a file that was broken off'),
    withAccounts: flag('accounts and keys too, with their hashes'),
  },
  async run(invocation) {
    const { options, config, output } = invocation;
    const { out, user, conversation } = options;
    assertExportFormat(options.format);
    const toFile = out !== undefined && out !== '-';
    if (toFile) await assertWritable(out);
    if (options.format === 'server-memory') {
      if (conversation !== undefined || options.resume || options.withAccounts)
        throw invalidInput('--format server-memory writes one graph whole.', 'Leave out --conversation, --resume and --with-accounts.');
      const bound = user ?? config().user;
      return withTenantStore(invocation, async (store, app) => {
        const lines = await serverMemoryLines(app, store, bound);
        const count = toFile ? await writeFile(out, separated(lines)) : await writeStdout(separated(lines));
        if (toFile) output.note(`${count} entities and relations are in ${out}.`);
        return 0;
      });
    }
    if (options.resume && !toFile) throw invalidInput('--resume needs the file that was broken off: name it with --out.');
    if (user !== undefined && conversation !== undefined) throw invalidInput('Name a user or a conversation, not both.');
    return withTenantStore({ ...invocation, options }, async (store) => {
      const choice = { user, conversation, accounts: options.withAccounts };
      const rows = toFile ? await exportToFile(store, out, choice, options.resume, output) : await exportToStdout(store, choice);
      const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
      if (toFile) output.note(`${counted(total, 'row')} written to ${out}, among them ${inWords(rows)}.`);
      return 0;
    });
  },
});

type Choice = { user: string | undefined; conversation: string | undefined; accounts: boolean };

async function exportToFile(store: Store, out: string, choice: Choice, goOn: boolean, output: Output): Promise<Record<string, number>> {
  const [{ exportTenant }, { resumable }] = await Promise.all([
    import('../../services/transfer/export-tenant.js'),
    import('../../services/transfer/resume.js'),
  ]);
  const unfinished = unfinishedOf(out);
  if (goOn && !existsSync(unfinished))
    throw new AppError('not_found', `There is no ${unfinished}, so nothing was broken off.`, { hint: 'Leave --resume out.' });
  const resume = goOn ? await resumable(unfinished) : null;
  // What was written is read while the new file is written, and replaced by it at the end.
  const file = openOutFile(out, resume ? `${unfinished}.next` : unfinished);
  const bar = new Progress('Exporting');
  try {
    const rows = await exportTenant(store, { choice, sink: file.write, resume: resume ?? undefined, progress: (rows) => bar.tell(rows) });
    await file.complete();
    await rm(unfinished, { force: true });
    return rows;
  } catch (error) {
    await file.abandon();
    bar.end();
    output.note(`What was written until now is in ${resume ? `${unfinished}.next` : unfinished}; --resume goes on with ${unfinished}.`);
    throw error;
  } finally {
    bar.end();
  }
}

async function exportToStdout(store: Store, choice: Choice): Promise<Record<string, number>> {
  const { exportTenant } = await import('../../services/transfer/export-tenant.js');
  return exportTenant(store, { choice, sink: toStdout });
}

async function toStdout(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

const inWords = (rows: Record<string, number>): string =>
  Object.entries(rows)
    .filter(([type]) => ['user', 'conversation', 'message', 'memory', 'node', 'edge', 'task'].includes(type))
    .map(([type, count]) => `${type} ${count}`)
    .join(', ') || 'nothing';

async function serverMemoryLines(app: App, store: Store, user: string | null): Promise<AsyncIterable<string>> {
  const { exportServerMemory } = await import('../../services/export-server-memory.js');
  const { tenantId } = store.principal;
  return exportServerMemory(user === null ? store : await app.storeFor({ tenantId, user, role: 'user', scopes: scopesOf('user') }));
}

/** Without a line break at the end, as the reference writes it. */
async function* separated(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let first = true;
  for await (const line of lines) {
    yield first ? line : `\n${line}`;
    first = false;
  }
}

async function writeFile(out: string, parts: AsyncIterable<string>): Promise<number> {
  const unfinished = `${out}.${process.pid}.tmp`;
  const file = openOutFile(out, unfinished);
  let count = 0;
  try {
    for await (const part of parts) {
      await file.write(part);
      count += 1;
    }
    await file.complete();
    return count;
  } catch (error) {
    await file.abandon();
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function writeStdout(parts: AsyncIterable<string>): Promise<number> {
  let count = 0;
  for await (const part of parts) {
    await toStdout(part);
    count += 1;
  }
  return count;
}
