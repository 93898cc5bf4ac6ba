import { once } from 'node:events';
import type { AuthInfo, McpHttpHandler } from '@modelcontextprotocol/server';
import { isJsonContentType } from '@modelcontextprotocol/server';
import type { HttpRequest, HttpResponse } from './answers.js';

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
  } as unknown as Request;
  // A body that is missing is none that could be read later.
  const response = await handler.fetch(request, { parsedBody: req.body ?? null, ...(authInfo && { authInfo }) });
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

const headerText = (header: string | string[] | undefined): string | null => (Array.isArray(header) ? header.join(', ') : (header ?? null));
