import type { PromptDefinition } from '../define.js';
import continueConversation from './continue-conversation.js';
import recallTopic from './recall-topic.js';
import reviewMemories from './review-memories.js';
import summarizeConversation from './summarize-conversation.js';

/** Written by hand, in the order shown to clients; a test checks that no file is missing. */
export const prompts: readonly PromptDefinition[] = [continueConversation, recallTopic, summarizeConversation, reviewMemories];
