import type { Command, ExitCode } from '../../src/cli/define.js';
import { buildProgram } from '../../src/cli/program.js';

export type Said = { code: ExitCode | null; lines: string[]; notes: string[]; json: unknown };

/** Runs a command in this process and hands back what it would have printed, without colours. */
export async function runHere(command: Command, ...args: string[]): Promise<Said> {
  const said: Said = { code: null, lines: [], notes: [], json: undefined };
  const output = {
    line: (text = '') => void said.lines.push(text),
    json: (value: unknown) => {
      said.json = JSON.parse(JSON.stringify(value));
    },
    note: (text: string) => void said.notes.push(text),
    style: (_: unknown, text: string) => text,
  };
  const program = buildProgram(
    [command],
    (code) => {
      said.code = code;
    },
    output,
  );
  await program.parseAsync([command.name, ...args], { from: 'user' });
  return said;
}
