import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { counted } from '../../counted.js';
import { AppError, invalidInput } from '../../errors.js';
import { defineCommand, value } from '../define.js';
import { STORAGE_SETTINGS } from '../tenant-store.js';
import { openOutFile } from '../transfer/out-file.js';
import { makeFolder } from '../transfer/places.js';
import { Progress } from '../transfer/progress.js';
import { withDatabase } from '../with-database.js';

const NAME = /^recollect-\d{8}T\d{6}Z\.jsonl\.gz$/;
const UNFINISHED = /^recollect-\d{8}T\d{6}Z\.jsonl\.gz\.partial$/;
const DAY_MS = 86_400_000;
const KEEP = 7;

export default defineCommand({
  name: 'backup',
  summary: 'write the whole database to a file, and keep the newest few',
  details:
    'Writes all tenants with their accounts and keys to a new file in a folder, as one state that the database had; servers go on working\n' +
    'meanwhile. The file is read once more and compared with what was written before it takes its name, and only then the oldest backups\n' +
    'beyond --keep go. It is readable for you alone; it holds hashes of passwords and keys. recollect restore brings it back, also into the\n' +
    'other engine.',
  settings: STORAGE_SETTINGS,
  options: {
    out: value('folder', 'where backups are. Default: the folder `backups` in the data folder'),
    keep: value('number', `how many backups stay. Default: ${KEEP}`),
  },
  run(invocation) {
    const { options, output, config } = invocation;
    const keep = options.keep === undefined ? KEEP : Number(options.keep);
    if (!Number.isInteger(keep) || keep < 1) throw invalidInput('--keep is a number of 1 or more.');
    return withDatabase(invocation, async ({ db }, app) => {
      const [{ BackupRepository }, { backUp }, { checkFile }] = await Promise.all([
        import('../../repository/system/backup.js'),
        import('../../services/transfer/backup.js'),
        import('../../services/transfer/check-file.js'),
      ]);
      const folder = options.out ?? path.join(config().dataDir, 'backups');
      await makeFolder(folder);
      const lock = await db.tryLock('backup');
      if (!lock) throw new AppError('conflict', 'A backup of this database is being written already.');
      const bar = new Progress('Backing up');
      try {
        const name = `recollect-${app
          .clock()
          .toISOString()
          .replace(/[-:]|\.\d+/g, '')}.jsonl.gz`;
        const file = path.join(folder, name);
        const out = openOutFile(file);
        let rows: Record<string, number>;
        try {
          rows = await backUp(new BackupRepository(db), out.write, (count) => bar.tell(count));
          await out.complete(async (unfinished) => {
            const { end } = await checkFile(unfinished);
            if (JSON.stringify(sorted(end.rows)) !== JSON.stringify(sorted(rows)))
              throw new AppError('internal', 'The backup that was written is not what was to be written; it was left as it is.');
          });
        } catch (error) {
          await out.abandon();
          throw error;
        }
        bar.end();
        const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
        output.line(file);
        output.note(`${counted(total, 'row')}, ${(await stat(file)).size} bytes, checked.`);
        for (const old of await rotate(folder, keep)) output.note(`Removed ${old}.`);
        return 0;
      } finally {
        bar.end();
        await lock.release();
      }
    });
  },
});

const sorted = (rows: Readonly<Record<string, number>>) => Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1));

/** The names say when: the oldest go, and what an interrupted backup left a day ago. */
async function rotate(folder: string, keep: number): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  const backups = names.filter((name) => NAME.test(name));
  const gone = backups.slice(0, Math.max(0, backups.length - keep));
  for (const name of names.filter((name) => UNFINISHED.test(name)))
    if (Date.now() - (await stat(path.join(folder, name))).mtimeMs > DAY_MS) gone.push(name);
  for (const name of gone) await rm(path.join(folder, name), { force: true });
  return gone;
}
