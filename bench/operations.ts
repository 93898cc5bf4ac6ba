import type { Store } from '../src/repository/store.js';
import type { CaseName } from './options.js';
import { HISTORY, newTurn } from './workload.js';

type ToolCall = { tool: string; args: Record<string, unknown> };

/** A call that is one statement, in both its forms. */
export type Operation = Readonly<{
  name: Exclude<CaseName, 'startup'>;
  /** How many times its floor it may take in process. */
  limit: number;
  inProcess(store: Store, conversationId: string): Promise<unknown>;
  overStdio(conversationId: string): ToolCall;
}>;

export const OPERATIONS: readonly Operation[] = [
  {
    name: 'save_turn',
    limit: 2,
    inProcess: (store, conversationId) => store.turns.save(newTurn(conversationId)),
    overStdio(conversationId) {
      const messages = newTurn(conversationId).messages.map(({ role, content, inputTokens, outputTokens }) => ({
        role,
        content,
        ...(inputTokens === undefined ? {} : { input_tokens: inputTokens }),
        ...(outputTokens === undefined ? {} : { output_tokens: outputTokens }),
      }));
      return { tool: 'save_turn', args: { conversation_id: conversationId, messages } };
    },
  },
  {
    name: 'load_history',
    limit: 2.5,
    inProcess: (store, conversationId) => store.history.page({ conversationId, limit: HISTORY }),
    overStdio: (conversationId) => ({ tool: 'load_history', args: { conversation_id: conversationId, limit: HISTORY } }),
  },
];
