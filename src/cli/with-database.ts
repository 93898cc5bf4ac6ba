import type { App, OpenDatabase } from '../app.js';
import type { ExitCode, Invocation } from './define.js';

/** For commands that look after the server as a whole and not after one tenant. */
export async function withDatabase(
  { config: readConfig, output }: Pick<Invocation, 'config' | 'output'>,
  work: (database: OpenDatabase, app: App) => Promise<ExitCode>,
): Promise<ExitCode> {
  const config = readConfig();
  // Loaded here and not above: help shows these commands too, and should not wait for a database driver.
  const { openApp } = await import('../app.js');
  output.note('Opening the database …');
  await using app = openApp(config);
  return await work(await app.database(), app);
}
