import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type NodeIncomingMessageLike, toWebRequest } from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { createMcpServer } from '../../src/mcp/server.js';
import type { Session } from '../../src/mcp/session.js';

export interface SdkServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The same tools behind nothing but the SDK, put together as its documents have it: what it does with a request is what they say. */
export async function startSdkServer(session: Session, maxRequestBodySize: number): Promise<SdkServer> {
  const modern = createMcpHandler(() => createMcpServer(session), { legacy: 'reject', maxRequestBodySize });
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const legacy = async (request: Request): Promise<Response> => {
    const id = request.headers.get('mcp-session-id');
    const known = id === null ? undefined : sessions.get(id);
    if (known) return known.handleRequest(request);
    if (id !== null)
      return Response.json({ jsonrpc: '2.0', error: { code: -32_001, message: 'Session not found' }, id: null }, { status: 404 });
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      maxRequestBodySize,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await createMcpServer(session).connect(transport);
    return transport.handleRequest(request);
  };
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    const request = await toWebRequest(req as NodeIncomingMessageLike, undefined, { maxRequestBodySize, signal: gone.signal });
    const response = (await isLegacyRequest(request, undefined, { maxRequestBodySize }))
      ? await legacy(request)
      : await modern.fetch(request);
    res.writeHead(response.status, Object.fromEntries(response.headers));
    res.flushHeaders();
    if (response.body) for await (const chunk of response.body) res.write(chunk);
    res.end();
  };
  const server = createServer((req, res) => {
    answer(req, res).catch((error: Error & { status?: number }) => {
      const { status = 500, message } = error;
      if (!res.headersSent) res.writeHead(status, { Connection: 'close', 'Content-Type': 'application/json' });
      res.end(JSON.stringify({ jsonrpc: '2.0', error: { code: status === 413 ? -32_000 : -32_603, message }, id: null }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await Promise.all([modern.close(), ...[...sessions.values()].map((transport) => transport.close())]);
    },
  };
}
