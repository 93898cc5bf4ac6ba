import type { ResourceDefinition } from '../define.js';
import asset from './asset.js';
import conversation from './conversation.js';
import conversationMessages from './conversation-messages.js';
import schema from './schema.js';

/** Written by hand, in the order shown to clients; a test checks that no file is missing. */
export const resources: readonly ResourceDefinition[] = [schema, conversation, conversationMessages, asset];
