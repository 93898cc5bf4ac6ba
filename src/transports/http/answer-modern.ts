import { once } from 'node:events';
import type { AuthInfo, McpHttpHandler, Server } from '@modelcontextprotocol/server';
import { isJsonContentType } from '@modelcontextprotocol/server';
import type { HttpRequest, HttpResponse } from './answers.js';

/** What the SDK takes for a web request: just what it looks at. */
type Asked = Request & { res: HttpResponse };

/**
 * Lets a handler of the SDK answer a request whose body was read. The SDK's own adapter writes the body as JSON again, to make
 * a web request that nobody reads; that alone costs a sixth of a short call, so the handler gets just what it looks at.
 */
export async function answerModern(handler: McpHttpHandler, req: HttpRequest, res: HttpResponse, authInfo?: AuthInfo): Promise<void> {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  if (res.destroyed) gone.abort();
  const request = {
    method: req.method,
    url: `http://localhost${req.originalUrl}`,
    headers: { get: (name: string) => headerText(req.headers[name.toLowerCase()]) },
    signal: gone.signal,
    res,
  } as unknown as Asked;
  // A body that is missing is none that could be read later.
  const response = await handler.fetch(request, { parsedBody: req.body ?? null, ...(authInfo && { authInfo }) });
  if (res.writableEnded) return;
  if (gone.signal.aborted) {
    await response.body?.cancel();
    return;
  }
  const headers = Object.fromEntries(response.headers);
  if (!response.body || isJsonContentType(headers['content-type'])) {
    res.writeHead(response.status, headers);
    res.end(Buffer.from(await response.arrayBuffer()));
    return;
  }
  res.writeHead(response.status, headers);
  for await (const chunk of response.body) {
    if (gone.signal.aborted) break;
    if (!res.write(chunk)) await once(res, 'drain', { signal: gone.signal }).catch(() => undefined);
  }
  res.end();
}

/**
 * Has the server of one request send a result straight to where it belongs, when nothing was told before it: the SDK makes a
 * web response of it, whose body takes longer to read back than the rest of its work. Everything else goes the SDK's way.
 */
export function answeringDirectly(server: Server, request: Request | undefined): Server {
  const { res } = (request ?? {}) as Partial<Asked>;
  if (!res) return server;
  const connect = server.connect.bind(server);
  server.connect = (transport) => {
    const send = transport.send.bind(transport);
    let isDirect = true;
    transport.send = async (message, options) => {
      isDirect &&= 'result' in message;
      if (!isDirect || res.headersSent || res.destroyed) return send(message, options);
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify(message));
      // What the handler still waits for is now known not to come.
      queueMicrotask(() => void transport.close());
    };
    return connect(transport);
  };
  return server;
}

const headerText = (header: string | string[] | undefined): string | null => (Array.isArray(header) ? header.join(', ') : (header ?? null));
