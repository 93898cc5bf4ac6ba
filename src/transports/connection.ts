import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server';
import { type StdioServerHandle, serveStdio as serveBothEras } from '@modelcontextprotocol/server/stdio';
import { createMcpServer } from '../mcp/server.js';
import type { Session } from '../mcp/session.js';
import { Subscriptions } from '../mcp/subscriptions.js';

/** Serves one client on a transport that lasts as long as the connection. The first message decides the protocol era. */
export function serveConnection(session: Session, wire: Transport, onClosed: () => void = () => {}): StdioServerHandle {
  const subscriptions = new Subscriptions(session);
  const handle = serveBothEras(() => createMcpServer(session, subscriptions), {
    transport: wire,
    onerror: (error) => session.log.debug({ err: error }, 'protocol error'),
  });
  const { onclose } = wire;
  wire.onclose = () => {
    subscriptions.close();
    onclose?.();
    onClosed();
  };
  watchListening(wire, session, subscriptions);
  return handle;
}

/**
 * The SDK answers `subscriptions/listen` itself and tells nobody which resources it is about, so they are read off the wire.
 * The request goes on to the SDK when they are watched: once the client has its answer, no change may be missed.
 */
function watchListening(wire: Transport, { log }: Session, subscriptions: Subscriptions): void {
  const deliver = wire.onmessage;
  const opening = new Set<string>();
  wire.onmessage = (message, extra) => {
    const uris = listenedTo(message);
    if (uris && 'id' in message) {
      const owner = ownerOf(message.id);
      opening.add(owner);
      const watched = uris.map((uri) =>
        subscriptions.add(owner, uri).catch((error: unknown) => log.debug({ err: error, uri }, 'nothing to subscribe to')),
      );
      void Promise.all(watched).then(() => {
        if (opening.delete(owner)) deliver?.(message, extra);
        else subscriptions.remove(owner);
      });
      return;
    }
    if ('method' in message && message.method === 'notifications/cancelled') {
      const owner = ownerOf(message.params?.requestId);
      opening.delete(owner);
      subscriptions.remove(owner);
    }
    deliver?.(message, extra);
  };
}

function listenedTo(message: JSONRPCMessage): string[] | undefined {
  if (!('method' in message) || message.method !== 'subscriptions/listen') return undefined;
  const wanted = message.params?.notifications as { resourceSubscriptions?: unknown } | undefined;
  const uris = wanted?.resourceSubscriptions;
  return Array.isArray(uris) ? uris.filter((uri) => typeof uri === 'string') : undefined;
}

const ownerOf = (requestId: unknown): string => `listen ${JSON.stringify(requestId)}`;
