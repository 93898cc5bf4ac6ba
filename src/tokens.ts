const PER_MESSAGE = 4;
const BYTES_PER_TOKEN = 4;

type Counted = {
  role: string;
  text: string;
  inputTokens: number | null;
  outputTokens: number | null;
  toolCalls: unknown;
  toolResults: unknown;
};

/** A stated estimate for text of unknown length in tokens: one for every four bytes of UTF-8, rounded up. */
export const estimateTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);

/**
 * What a message costs in a context, in tokens: the stored count where there is one, else the estimate plus four for the frame.
 * Of an assistant's message only the output count is its own length: its input count is the whole context it was made from.
 */
export function tokensOf(message: Counted): number {
  const stored = message.role === 'assistant' ? message.outputTokens : (message.inputTokens ?? message.outputTokens);
  if (stored !== null) return stored;
  const tools = [message.toolCalls, message.toolResults].filter(Boolean).map((part) => JSON.stringify(part));
  return PER_MESSAGE + estimateTokens([message.text, ...tools].join('\n'));
}
