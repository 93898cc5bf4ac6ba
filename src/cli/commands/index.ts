import type { Command } from '../define.js';

type Entry = Readonly<{ name: string; load(): Promise<{ default: Command }> }>;

/** Every command, in the order help shows them. A command's file and what it imports are loaded when it runs. */
export const COMMANDS: readonly Entry[] = [
  { name: 'serve', load: () => import('./serve.js') },
  { name: 'demo', load: () => import('./demo.js') },
  { name: 'doctor', load: () => import('./doctor.js') },
  { name: 'migrate', load: () => import('./migrate.js') },
  { name: 'import', load: () => import('./import.js') },
  { name: 'export', load: () => import('./export.js') },
  { name: 'backup', load: () => import('./backup.js') },
  { name: 'restore', load: () => import('./restore.js') },
  { name: 'seed', load: () => import('./seed.js') },
  { name: 'embeddings', load: () => import('./embeddings.js') },
  { name: 'tenant', load: () => import('./tenant.js') },
  { name: 'user', load: () => import('./user.js') },
  { name: 'token', load: () => import('./token.js') },
  { name: 'client', load: () => import('./client.js') },
  { name: 'retention', load: () => import('./retention.js') },
  { name: 'jobs', load: () => import('./jobs.js') },
  { name: 'stats', load: () => import('./stats.js') },
  { name: 'generate', load: () => import('./generate.js') },
];
