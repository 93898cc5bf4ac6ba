import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { AppError, invalidInput } from '../errors.js';

/** Longer input is no password but a mistake, such as a file. */
const MAX_BYTES = 8192;

/** The lines that were piped in, without the one line break at the end. */
export async function linesFromStdin(): Promise<string[]> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    size += (chunk as Buffer).length;
    if (size > MAX_BYTES) throw invalidInput(`Standard input holds more than ${MAX_BYTES} bytes; that is no password.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
    .split(/\r?\n/);
}

/** Asks at the terminal; what is typed is not shown. */
export async function askHidden(question: string): Promise<string> {
  // Readline shows what is typed by writing it to its output: this one drops everything.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(question);
  try {
    const [answer] = (await Promise.race([once(reader, 'line'), once(reader, 'close').then(() => [undefined])])) as [string | undefined];
    if (answer === undefined) throw new AppError('invalid_input', 'Nothing was entered.');
    return answer;
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}

export const atTerminal = (): boolean => process.stdin.isTTY === true;

/** A new password: typed twice at a terminal, or the one line that was piped in. It is never an argument, which others on the machine can read. */
export async function readNewPassword(fromStdin: boolean): Promise<string> {
  if (fromStdin) {
    const lines = await linesFromStdin();
    if (lines.length === 1 && lines[0] !== '') return lines[0]!;
    throw invalidInput('Standard input has to hold the password, on one line.');
  }
  if (!atTerminal())
    throw invalidInput('There is no terminal to ask for the password at.', 'Pipe it in with --password-stdin, or use --generate.');
  const password = await askHidden('New password: ');
  if ((await askHidden('Once more: ')) !== password) throw invalidInput('The two do not agree. Nothing was changed.');
  return password;
}
