import type { ResourceDefinition } from '../define.js';
import asset from './asset.js';
import conversation from './conversation.js';
import conversationMessages from './conversation-messages.js';
import graphNode from './graph-node.js';
import knowledgeGraph from './knowledge-graph.js';
import memory from './memory.js';
import profile from './profile.js';
import schema from './schema.js';
import stats from './stats.js';

/** Written by hand, in the order shown to clients; a test checks that no file is missing. */
export const resources: readonly ResourceDefinition[] = [
  stats,
  schema,
  conversation,
  conversationMessages,
  memory,
  graphNode,
  profile,
  asset,
  knowledgeGraph,
];
