import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { openApp, principalFrom } from '../../app.js';
import { invalidInput } from '../../errors.js';
import { defineCommand, value } from '../define.js';
import { columns } from '../output.js';
import { ALL_SETTINGS } from '../program.js';
import { assertFormat } from '../transfer-format.js';

/** Progress is told this often. */
const EVERY_MS = 2_000;

export default defineCommand({
  name: 'import',
  summary: 'read a file of @modelcontextprotocol/server-memory into the memory graph',
  details:
    'Adds the entities, observations and relations of the file to the graph `main`; what is there already stays, so reading a\n' +
    'file again changes nothing. A line that cannot be read is reported with its number, the others are stored, and the exit\n' +
    'code is 1.',
  settings: ALL_SETTINGS,
  operand: { name: 'file', description: 'the file (memory.jsonl), or - for stdin' },
  options: { format: value('name', 'the format of the file: server-memory') },
  async run({ options, operand, config: readConfig, output }) {
    assertFormat(options.format);
    const path = operand ?? '-';
    if (path !== '-') await assertReadable(path);
    const config = readConfig();
    await using app = openApp(config);
    const store = await app.storeFor(principalFrom(config));
    const { importServerMemory } = await import('../../services/import-server-memory.js');

    const input = path === '-' ? process.stdin : createReadStream(path);
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    let told = Date.now();
    const report = await importServerMemory(store, lines, {
      problem: (line, what) => output.note(`line ${line}: ${what}`),
      stored({ lines, entities, relations }) {
        if (Date.now() - told < EVERY_MS) return;
        told = Date.now();
        output.note(`${lines} lines: ${entities} entities, ${relations} relations …`);
      },
    });
    app.changes.wrote(config.tenant);

    output.line(`Read ${report.lines} lines.`);
    const rows: [string, string][] = [
      ['entities', `${report.entities}, ${report.newEntities} of them new, with ${report.newObservations} new observations`],
      ['relations', `${report.relations}, ${report.newRelations} of them new`],
      ['not stored', report.problems === 0 ? 'nothing' : `${report.problems} lines, each reported above`],
    ];
    for (const row of columns(rows)) output.line(row);
    return report.problems === 0 ? 0 : 1;
  },
});

async function assertReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    throw invalidInput(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
