import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { VERSION } from '../../src/version.js';
import { runCli } from './run-cli.js';

describe('help', () => {
  it('lists every command with a summary, on stdout, and exits with 0', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name}\\b.*\\s{2,}\\w`, 'm'));
  });

  it('of a command lists its options and settings', async () => {
    const { code, stdout } = await runCli(['doctor', '--help']);
    expect(code).toBe(0);
    for (const option of ['--json', '--data-dir <folder>', '--no-auto-migrate', '--read-only']) expect(stdout).toContain(option);
    expect(stdout).not.toContain('--no-read-only');
  });

  it('flows to the width of the terminal', async () => {
    const { stdout } = await runCli(['backup', '--help']);
    const [, paragraph = ''] = stdout.split('\n\n');
    const lines = paragraph.split('\n');
    expect(lines.length).toBeGreaterThan(3);
    for (const [index, line] of lines.slice(0, -1).entries())
      expect(`${line} ${lines[index + 1]!.split(' ')[0]}`.length).toBeGreaterThan(80);
  });

  it('of a group lists its commands', async () => {
    const { code, stdout } = await runCli(['help', 'migrate']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}up\b[\s\S]*^ {2}down\b[\s\S]*^ {2}status\b/m);
  });

  it('prints the version of the package', async () => {
    expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });
});

describe('a mistake', () => {
  it.each([
    [['docter'], /unknown command 'docter'\n.*Did you mean doctor\?/],
    [['migrate', 'stauts'], /unknown command 'stauts'\n.*Did you mean status\?/],
    [['serve', '--datadir', 'x'], /unknown option '--datadir'\n.*Did you mean --data-dir\?/],
    [['doctor', 'now'], /too many arguments for 'doctor'/],
    [['migrate', 'down', '--steps', 'two'], /--steps must be a whole number/],
    [['migrate'], /Usage: recollect migrate/],
  ])('is explained on stderr and exits with 2: recollect %j', async (args, explanation) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(explanation);
  });

  it('in the settings lists all of them, and nothing is opened', async () => {
    const { code, stdout, stderr } = await runCli(['serve', '--pool-max', 'many'], { RECOLLECT_TENANT: 'Ä', RECOLLECT_LOGLEVEL: 'info' });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('The configuration has 3 problems');
    expect(stderr).toContain('--pool-max is "many"');
    expect(stderr).toContain('RECOLLECT_TENANT is "Ä"');
    expect(stderr).toContain('Did you mean RECOLLECT_LOG_LEVEL?');
  });
});
