import { commandPage } from './commands.js';
import { between } from './markdown.js';
import { exampleEnvironment, settingPage, settingTable } from './settings.js';
import { toolPage, toolTable } from './tools.js';

type Document = Readonly<{
  /** From the root of the project. */
  path: string;
  /** The text the file should have; `current` is the one it has, empty when it is missing. */
  render(current: string): string | Promise<string>;
}>;

export const DOCUMENTS: readonly Document[] = [
  { path: 'README.md', render: (current) => between(between(current, 'tools', toolTable()), 'settings', settingTable()) },
  { path: 'docs/tools.md', render: toolPage },
  { path: 'docs/configuration.md', render: settingPage },
  { path: 'docs/cli.md', render: commandPage },
  { path: '.env.example', render: exampleEnvironment },
];
