import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PACKAGE_FOLDER } from '../../version.js';
import { defineCommand, flag } from '../define.js';

const docs = defineCommand({
  name: 'docs',
  summary: 'write the parts of the documentation that follow from the code',
  options: { check: flag('write nothing; exit with 1 when something is out of date') },
  async run({ options, output }) {
    const { DOCUMENTS } = await import('../docs/documents.js');
    let stale = 0;
    for (const { path, render } of DOCUMENTS) {
      const file = join(PACKAGE_FOLDER, path);
      const current = await readFile(file, 'utf8').catch(() => '');
      const wanted = await render(current);
      if (current === wanted) continue;
      stale += 1;
      if (options.check) output.note(`${path} is out of date.`);
      else {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, wanted);
        output.line(`Wrote ${path}.`);
      }
    }
    if (stale > 0 && options.check) output.note('Run npm run generate.');
    else if (stale === 0) output.line('The generated documentation is up to date.');
    return stale > 0 && options.check ? 1 : 0;
  },
});

const template = defineCommand({
  name: 'template',
  summary: 'prepare the data folder that a first start unpacks (part of the build)',
  async run({ output }) {
    const [{ createTemplate }, { migrateUp }] = await Promise.all([import('../../db/embedded/template.js'), import('../../db/migrate.js')]);
    const started = performance.now();
    const file = join(PACKAGE_FOLDER, 'dist', 'template', 'data.tar.gz');
    await mkdir(dirname(file), { recursive: true });
    await createTemplate(file, async (db) => {
      await migrateUp(db);
    });
    output.line(`Prepared a data folder in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
    return 0;
  },
});

export default defineCommand({
  name: 'generate',
  summary: 'make files that follow from the code (for developers)',
  subcommands: [docs, template],
});
