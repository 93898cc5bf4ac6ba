import type { CallToolResult, InputRequiredResult, ServerContext, Tool } from '@modelcontextprotocol/server';

export type FixtureTool = Readonly<{
  name: string;
  inputSchema?: Tool['inputSchema'];
  run(args: Record<string, unknown>, context: ServerContext): Promise<CallToolResult | InputRequiredResult>;
}>;

/** The schema of an object with one text in it. */
export const oneText = (name: string) => ({
  type: 'object' as const,
  properties: { [name]: { type: 'string' as const } },
  required: [name],
});
