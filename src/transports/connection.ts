import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server';
import { type StdioServerHandle, serveStdio as serveBothEras } from '@modelcontextprotocol/server/stdio';
import { createMcpServer } from '../mcp/server.js';
import type { Session } from '../mcp/session.js';
import { Subscriptions } from '../mcp/subscriptions.js';

/**
 * Serves one client on a transport that lasts as long as the connection. The first message decides the era. The SDK answers
 * `subscriptions/listen` itself and does not tell which resources it is about, so they are read off the wire on their way in.
 */
export function serveConnection(session: Session, wire: Transport, onClosed: () => void = () => {}): StdioServerHandle {
  const subscriptions = new Subscriptions(session);
  const { log } = session;
  const handle = serveBothEras(() => createMcpServer(session, subscriptions), {
    transport: wire,
    onerror: (error) => log.debug({ err: error }, 'protocol error'),
  });
  const { onmessage, onclose } = wire;
  wire.onmessage = (message, extra) => {
    onmessage?.(message, extra);
    follow(message, session, subscriptions);
  };
  wire.onclose = () => {
    subscriptions.close();
    onclose?.();
    onClosed();
  };
  return handle;
}

function follow(message: JSONRPCMessage, { log }: Session, subscriptions: Subscriptions): void {
  if (!('method' in message)) return;
  if (message.method === 'subscriptions/listen' && 'id' in message) {
    const wanted = message.params?.notifications as { resourceSubscriptions?: unknown } | undefined;
    const uris = Array.isArray(wanted?.resourceSubscriptions) ? wanted.resourceSubscriptions : [];
    for (const uri of uris.filter((uri) => typeof uri === 'string')) {
      subscriptions.add(owner(message.id), uri).catch((error: unknown) => log.debug({ err: error, uri }, 'nothing to subscribe to'));
    }
  }
  if (message.method === 'notifications/cancelled') subscriptions.remove(owner(message.params?.requestId));
}

const owner = (requestId: unknown): string => `listen ${JSON.stringify(requestId)}`;
