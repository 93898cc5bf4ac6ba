import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { invalidInput } from '../../errors.js';

const why = (error: unknown): string => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it is not there';
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'a file is in the way';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not';
  return code ?? String(error);
};

/** Refuses a path to read from that leads to no file, before anything is opened for it. */
export async function assertReadable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    throw invalidInput(`${file} cannot be read: ${why(error)}.`);
  }
  if ((await stat(file)).isDirectory()) throw invalidInput(`${file} cannot be read: it is a folder.`);
}

/** Refuses a path to write to where no file can be made. */
export async function assertWritable(file: string): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    throw invalidInput(`${file} cannot be written: the folder is ${folder}, and ${why(error)}.`);
  }
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) throw invalidInput(`${file} cannot be written: it is a folder.`, 'Say a file in it.');
}

/** Makes a folder that nobody else may look into, where there is none. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw invalidInput(`${folder} cannot be written to: ${why(error)}.`, 'Name another folder with --out.');
  }
}
