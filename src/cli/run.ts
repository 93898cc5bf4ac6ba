import { CommanderError } from 'commander';
import { ConfigError } from '../config.js';
import { AppError } from '../errors.js';
import { COMMANDS } from './commands/index.js';
import { buildProgram } from './program.js';

const SUCCESS = 0;
const FAILURE = 1;
const USAGE = 2;

/** Runs one command line and returns the exit code; every error has been written to stderr by then. */
export async function run(args: readonly string[]): Promise<number> {
  const line = withCommand(args);
  // Only the named command is loaded, so that serving starts fast; help and mistakes need all of them.
  const wanted = COMMANDS.filter(({ name }) => name === line[0]);
  const modules = await Promise.all((wanted.length > 0 ? wanted : COMMANDS).map(({ load }) => load()));
  let code = SUCCESS;
  const program = buildProgram(
    modules.map((module) => module.default),
    (reported) => {
      code = reported;
    },
  );
  try {
    await program.parseAsync([...line], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error);
  }
}

/** Clients that configure no command mean `serve`; a person at a terminal gets help. */
function withCommand(args: readonly string[]): readonly string[] {
  const [first] = args;
  if (first === undefined) return process.stdin.isTTY ? ['--help'] : ['serve'];
  const isSetting = first.startsWith('-') && !['-h', '--help', '-V', '--version'].includes(first);
  return isSetting ? ['serve', ...args] : args;
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? SUCCESS : USAGE;
  if (error instanceof ConfigError) {
    process.stderr.write(`recollect: ${error.message}\n`);
    return USAGE;
  }
  if (error instanceof AppError) {
    process.stderr.write(`recollect: ${error.message}${error.hint ? `\n${error.hint}` : ''}\n`);
    return error.code === 'invalid_input' ? USAGE : FAILURE;
  }
  process.stderr.write(`recollect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return FAILURE;
}
