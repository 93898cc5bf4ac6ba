import type { CallToolResult, GetPromptResult, PromptMessage } from '@modelcontextprotocol/server';

/** One red pixel. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** No sound at all, at eight thousand samples a second. */
export const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

export const says = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });

export const asks = (...content: PromptMessage['content'][]): GetPromptResult => ({
  messages: content.map((part) => ({ role: 'user', content: part })),
});
