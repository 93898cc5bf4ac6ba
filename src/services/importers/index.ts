import { chatgpt } from './chatgpt.js';
import { claude } from './claude.js';
import { claudeCode } from './claude-code.js';
import type { Importer } from './define.js';
import { langgraph } from './langgraph.js';
import { mem0 } from './mem0.js';
import { openai } from './openai.js';
import { serverMemory } from './server-memory.js';

/** Foreign formats that can be read. */
export const IMPORTERS: readonly Importer[] = [chatgpt, claude, claudeCode, openai, serverMemory, mem0, langgraph];
