import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/** Builds the sources as they are now into a folder that is this run's alone, and answers the file to start: a second here, and one less at each start. */
export async function buildProgram(folder: string): Promise<string> {
  const dist = join(folder, 'dist');
  await mkdir(dist, { recursive: true });
  const options = ['--noCheck', '--declaration', 'false', '--sourceMap', 'false', '--outDir', dist];
  await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.build.json', ...options], { cwd: root });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await symlink(join(root, 'package.json'), join(folder, 'package.json'));
  await symlink(join(root, 'assets'), join(dist, 'assets'));
  return join(dist, 'src/main.js');
}
