import type { CallToolResult, Server, ServerContext, Tool as ToolEntry } from '@modelcontextprotocol/server';
import { closest } from '../closest.js';
import type { Tool } from './define.js';
import { invalidParams, publicError, toToolError } from './errors.js';
import { toInputSchema, toOutputSchema } from './json-schema.js';
import { parseArguments } from './parse-arguments.js';
import { perSession } from './per-session.js';
import { clip } from './results.js';
import { selectTools } from './select-tools.js';
import { openContext, type Session } from './session.js';
import { tools } from './tools/index.js';

const availableTo = perSession((session) => new Map(selectTools(tools, session).map((tool) => [tool.name, tool])));

/** Whether a call of this tool only reads and does not wait: it is over soon, and can be made again. */
export function isQuickRead(session: Session, name: string): boolean {
  const tool = availableTo(session).get(name);
  return tool?.annotations.readOnlyHint === true && tool.waits !== true;
}

/** Whether there is such a tool for this session. */
export const offersTool = (session: Session, name: string): boolean => availableTo(session).has(name);

/** Whether a call of this tool may wait for news: longer than somebody may keep access. */
export const mayWait = (session: Session, name: string): boolean => availableTo(session).get(name)?.waits === true;

export function serveTools(server: Server, session: Session): void {
  const available = availableTo(session);

  server.setRequestHandler('tools/list', ({ params }) => {
    if (params?.cursor !== undefined) throw invalidParams('Unknown cursor: all tools come on one page.');
    return { tools: [...available.values()].map(describeTool) };
  });

  server.setRequestHandler('tools/call', ({ params }, context) => callTool(session, params.name, params.arguments ?? {}, context));
}

/** What a call has to do with the request that it came in. */
export type AskedBy = Pick<ServerContext, 'http'> & { readonly mcpReq: Pick<ServerContext['mcpReq'], 'signal' | 'log'> };

/** Calls a tool. What goes wrong in it is its answer; that there is no such tool is thrown. */
export async function callTool(session: Session, name: string, args: Record<string, unknown>, asked: AskedBy): Promise<CallToolResult> {
  const available = availableTo(session);
  const tool = available.get(name);
  if (!tool) throw unknownTool(name, available.keys());
  const start = performance.now();
  const done = (code: string | null) => session.metrics?.toolCalled(name, (performance.now() - start) / 1000, code);
  try {
    const result = await run(tool, args, session, asked);
    done(null);
    return result;
  } catch (error) {
    const known = publicError(error, session.log, asked, { tool: name });
    done(known.code);
    // The call is over by the answer, not by this: a client that takes no log entries misses nothing.
    if (known.code === 'internal') asked.mcpReq.log('error', { tool: name, message: known.message }).catch(() => {});
    return toToolError(known);
  }
}

async function run(tool: Tool, args: Record<string, unknown>, session: Session, { mcpReq }: AskedBy): Promise<CallToolResult> {
  const input = parseArguments(tool.input, args);
  const output = await tool.run(input, await openContext(session, mcpReq));
  if (!tool.annotations.readOnlyHint) {
    session.changes.wrote(session.principal.tenantId);
    session.embeddings.wrote(session.principal.tenantId);
    session.corpus.wrote(session.principal.tenantId);
  }
  return { content: [{ type: 'text', text: clip(tool.text(output)) }], structuredContent: output };
}

export function describeTool({ name, title, description, annotations, input, output }: Tool): ToolEntry {
  return {
    name,
    title,
    description,
    inputSchema: toInputSchema(input) as ToolEntry['inputSchema'],
    outputSchema: toOutputSchema(output) as NonNullable<ToolEntry['outputSchema']>,
    annotations,
  };
}

function unknownTool(name: string, available: Iterable<string>) {
  const meant = closest(name, available);
  return invalidParams(`Unknown tool ${name.slice(0, 100)}.${meant ? ` Did you mean ${meant}?` : ''}`);
}
