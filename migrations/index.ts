import { tenancy } from './0001-tenancy.js';
import { accounts } from './0002-accounts.js';
import { transcripts } from './0003-transcripts.js';
import { memory } from './0004-memory.js';
import { graph } from './0005-graph.js';
import { work } from './0006-work.js';
import { recall } from './0007-recall.js';
import { embeddings } from './0008-embeddings.js';
import { memoryUndo } from './0009-memory-undo.js';
import { signIn } from './0010-sign-in.js';
import { citations } from './0011-citations.js';
import type { Migration } from './migration.js';

/** Every migration, oldest first. A list and not a search of the folder: what runs is what was compiled. */
export const migrations: readonly Migration[] = [
  tenancy,
  accounts,
  transcripts,
  memory,
  graph,
  work,
  recall,
  embeddings,
  memoryUndo,
  signIn,
  citations,
];
