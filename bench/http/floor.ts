import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type NodeIncomingMessageLike, NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { type CallToolResult, createMcpHandler, McpServer } from '@modelcontextprotocol/server';

/**
 * The floor: the SDK as its guide has it, with one tool that answers a constant. It asks nobody who they are, keeps no log and
 * has no database.
 */
function serve(answer: CallToolResult): void {
  const build = () => {
    const server = new McpServer({ name: 'floor', version: '1' });
    server.registerTool('load_history', { description: 'Answers a constant.' }, () => answer);
    return server;
  };
  const modern = toNodeHandler(createMcpHandler(build, { legacy: 'reject' }));
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  const server = createServer(async (req, res) => {
    const body: unknown = JSON.parse(await text(req));
    const request = req as NodeIncomingMessageLike;
    if (req.headers['mcp-protocol-version'] === '2026-07-28') return modern(request, res, body);
    const known = sessions.get(String(req.headers['mcp-session-id']));
    if (known) return known.handleRequest(req, res, body);
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    await build().connect(transport);
    await transport.handleRequest(req, res, body);
  });
  server.listen(0, '127.0.0.1', () => process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`));
}

process.once('message', serve);
