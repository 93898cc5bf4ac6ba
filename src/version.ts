import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of package.json: one up from the sources, two from the built files. */
const packageFolder = ['../', '../../'].map((up) => new URL(up, import.meta.url)).find((folder) => manifestIn(folder) !== undefined);

export const VERSION: string = (packageFolder && manifestIn(packageFolder)) ?? '0.0.0';

/** Where README.md, docs and mcp.json are. */
export const PACKAGE_FOLDER: string = packageFolder ? fileURLToPath(packageFolder) : process.cwd();

function manifestIn(folder: URL): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { name?: string; version?: string };
    return name === 'recollect-mcp' ? version : undefined;
  } catch {
    return undefined;
  }
}
