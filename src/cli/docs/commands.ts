import type { Command as Commander } from 'commander';
import { COMMANDS } from '../commands/index.js';
import { buildProgram } from '../program.js';
import { GENERATED } from './markdown.js';

const WIDTH = 120;

/** The help of every command, as it prints it. */
export async function commandPage(): Promise<string> {
  const modules = await Promise.all(COMMANDS.map(({ load }) => load()));
  const program = buildProgram(
    modules.map((module) => module.default),
    () => {},
  );
  const intro =
    'Results go to stdout, progress and errors to stderr. Exit codes: 0 it worked, 1 it failed, 2 the command line or a setting is wrong.\nWithout a command, `recollect` serves when its input is a pipe, and prints help at a terminal.';
  return `${['# Command line', GENERATED, intro, ...sections(program, '')].join('\n\n')}\n`;
}

function sections(command: Commander, parent: string): string[] {
  const path = `${parent} ${command.name()}`.trim();
  // Widths and colours of the terminal it is generated on must not show.
  command.configureOutput({ getOutHelpWidth: () => WIDTH, getOutHasColors: () => false });
  return [
    `## ${path}`,
    `\`\`\`text\n${command.helpInformation().trim()}\n\`\`\``,
    ...command.commands.filter(({ name }) => name() !== 'help').flatMap((sub) => sections(sub, path)),
  ];
}
