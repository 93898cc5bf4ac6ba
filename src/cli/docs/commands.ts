import type { Command as Commander, Option } from 'commander';
import { COMMANDS } from '../commands/index.js';
import { buildProgram } from '../program.js';
import { GENERATED } from './markdown.js';

const WIDTH = 120;
const INTRO = `Results go to stdout, progress and errors to stderr. Exit codes: 0 it worked, 1 it failed, 2 the command line or a setting is wrong.
Without a command, \`recollect\` serves when its input is a pipe, and prints help at a terminal.`;
const SETTINGS_TOO = 'It takes the settings of [`recollect serve`](#recollect-serve) too.';

const isSetting = (option: Option): boolean => option.helpGroupHeading === 'Settings:';

/** The help of every command as it prints it, except that the settings, which most of them take, are listed once. */
export async function commandPage(): Promise<string> {
  const modules = await Promise.all(COMMANDS.map(({ load }) => load()));
  const program = buildProgram(
    modules.map((module) => module.default),
    () => {},
  );
  return `${['# Command line', GENERATED, INTRO, ...sections(program, '')].join('\n\n')}\n`;
}

function sections(command: Commander, parent: string): string[] {
  const path = `${parent} ${command.name()}`.trim();
  const abridged = path !== 'recollect serve' && command.options.some(isSetting);
  // The terminal it is generated on must not show.
  command.configureOutput({ getOutHelpWidth: () => WIDTH, getOutHasColors: () => false });
  if (abridged) {
    const { visibleOptions } = command.createHelp();
    command.configureHelp({
      visibleOptions(shown) {
        return visibleOptions.call(this, shown).filter((option) => !isSetting(option));
      },
    });
  }
  return [
    `## ${path}`,
    `\`\`\`text\n${command.helpInformation().trim()}\n\`\`\``,
    ...(abridged ? [SETTINGS_TOO] : []),
    ...command.commands.flatMap((sub) => sections(sub, path)),
  ];
}
