import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { openApp, principalFrom } from '../../app.js';
import { defineCommand, value } from '../define.js';
import { ALL_SETTINGS } from '../program.js';
import { assertFormat } from '../transfer-format.js';

export default defineCommand({
  name: 'export',
  summary: 'write the memory graph as a file of @modelcontextprotocol/server-memory',
  details:
    'Writes the entities and relations of the graph `main` as JSON lines, to stdout or to a file. The file takes its place when\n' +
    'it is complete; one that was there is replaced.',
  settings: ALL_SETTINGS,
  options: {
    format: value('name', 'the format of the file: server-memory'),
    out: value('file', 'where to write; without it, stdout'),
  },
  async run({ options, config: readConfig, output }) {
    assertFormat(options.format);
    const config = readConfig();
    await using app = openApp(config);
    const store = await app.storeFor(principalFrom(config));
    const { exportServerMemory } = await import('../../services/export-server-memory.js');
    const lines = exportServerMemory(store);
    if (options.out === undefined) {
      await writeLines(lines, process.stdout);
      return 0;
    }
    const unfinished = `${options.out}.${process.pid}.tmp`;
    try {
      const file = createWriteStream(unfinished, { flags: 'wx', mode: 0o600 });
      const count = await writeLines(lines, file);
      file.end();
      await finished(file);
      await rename(unfinished, options.out);
      output.note(`${count} entities and relations are in ${options.out}.`);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    return 0;
  },
});

/** Without a line break at the end, as the reference writes it. Waits for a reader that is slower than the database. */
async function writeLines(lines: AsyncIterable<string>, stream: Writable): Promise<number> {
  let count = 0;
  for await (const line of lines) {
    if (!stream.write(count === 0 ? line : `\n${line}`)) await once(stream, 'drain');
    count += 1;
  }
  return count;
}
