import { Command as Commander, Option as CommanderOption } from 'commander';
import { FIELD_NAMES, FIELDS, type Field, type FieldName, fallbackText, flagName } from '../config/fields.js';
import { type Flags, loadConfig } from '../config.js';
import { VERSION } from '../version.js';
import type { Command, ExitCode } from './define.js';
import { type Output, terminal } from './output.js';

/** Turns descriptions into a commander program; `report` receives the exit code of the command that ran. */
export function buildProgram(commands: readonly Command[], report: (code: ExitCode) => void, output: Output = terminal): Commander {
  const program = new Commander('recollect')
    .description('Memory and conversation history for AI agents, over the Model Context Protocol, on PostgreSQL.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => process.stdout.write(text), writeErr: (text) => process.stderr.write(text) });
  for (const command of commands) addCommand(program, command, report, output);
  return program;
}

function addCommand(parent: Commander, command: Command, report: (code: ExitCode) => void, output: Output): void {
  const target = parent
    .command(command.name)
    .summary(command.summary)
    .description(flowing(command.details ?? `${command.summary}.`));
  target.helpOption('-h, --help', 'print help');
  for (const [name, option] of Object.entries(command.options ?? {})) {
    const long = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    target.addOption(new CommanderOption(option.form ? `${long} <${option.form}>` : long, option.description));
  }
  if (command.operand) target.argument(`<${command.operand.name}>`, command.operand.description);
  for (const name of command.settings ?? []) for (const option of settingOptions(name)) target.addOption(option.helpGroup('Settings:'));
  for (const subcommand of command.subcommands ?? []) addCommand(target, subcommand, report, output);
  if (command.subcommands) return void target.helpCommand(false);

  target.action(async () => {
    const written = target.opts<Record<string, string | boolean | undefined>>();
    const options = Object.fromEntries(Object.entries(command.options ?? {}).map(([name, option]) => [name, option.read(written[name])]));
    const given = (command.settings ?? []).filter((name) => target.getOptionValueSource(name) === 'cli');
    const flags: Flags = Object.fromEntries(given.map((name) => [name, written[name] as string | boolean]));
    report((await command.run?.({ options, operand: target.args[0], config: () => loadConfig(flags), output })) ?? 0);
  });
}

/** Lines of a paragraph become one, which is broken where the terminal ends; indented lines are rows of a table and stay. */
const flowing = (details: string): string => details.replaceAll(/(?<=\S)\n(?=\S)/g, ' ');

/** A switch has two flags, and help shows the one that changes something. */
function settingOptions(name: FieldName): CommanderOption[] {
  const { description, form, fallback } = FIELDS[name] as Field;
  const flag = flagName(name);
  if (form !== null) return [new CommanderOption(`${flag} <${form}>`, `${description} Default: ${fallbackText(name)}.`)];
  const on = new CommanderOption(flag, description).hideHelp(fallback === true);
  const off = new CommanderOption(flag.replace('--', '--no-'), `Turns off: ${description}`).hideHelp(fallback === false);
  return [on, off];
}

export const ALL_SETTINGS = FIELD_NAMES;
