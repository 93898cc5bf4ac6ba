import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PACKAGE_FOLDER } from '../src/version.js';

const LOG = join(PACKAGE_FOLDER, 'src', 'log.ts');

/** What a process of its own wrote that did this with a log that gathers lines, and how it ended. */
async function run(work: string): Promise<{ lines: string[]; code: number | null }> {
  const script = `import { createLog } from ${JSON.stringify(LOG)};\nconst log = createLog('info', true);\n${work}`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: PACKAGE_FOLDER,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [written, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number | null]>]);
  const lines = written.split('\n').filter((line) => line.startsWith('{'));
  return { lines: lines.map((line) => (JSON.parse(line) as { msg: string }).msg), code };
}

const many = `for (let at = 0; at < 500; at += 1) log.info('line ' + at);`;
const expected = Array.from({ length: 500 }, (_, at) => `line ${at}`);

describe('a log that gathers lines', () => {
  it('has all of them in their order, however the process ends', async () => {
    for (const [end, code] of [
      ['', 0],
      ['process.exit(3);', 3],
      [`setTimeout(() => { throw new Error('nobody caught it'); });`, 1],
    ] as const)
      expect(await run(many + end), end).toEqual({ lines: expected, code });
  });

  it('writes a warning at once, with what was before it', async () => {
    const { lines, code } = await run(`log.info('one'); log.warn('two'); log.info('three'); process.kill(process.pid, 'SIGKILL');`);
    expect(lines).toEqual(['one', 'two']);
    expect(code).toBeNull();
  });

  it('writes the last line soon, without another', async () => {
    const script = `import { createLog } from ${JSON.stringify(LOG)}; createLog('info', true).info('alone'); setTimeout(() => {}, 60_000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: PACKAGE_FOLDER,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const line = await Promise.race([once(child.stderr, 'data').then(String), sleep(20_000, 'nothing came', { ref: false })]);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(line).toContain('"alone"');
  });
});
