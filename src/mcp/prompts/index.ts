import type { PromptDefinition } from '../define.js';
import continueConversation from './continue-conversation.js';
import summarizeConversation from './summarize-conversation.js';

/** Written by hand, in the order shown to clients; a test checks that no file is missing. */
export const prompts: readonly PromptDefinition[] = [continueConversation, summarizeConversation];
