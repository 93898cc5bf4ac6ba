import type { Transport } from '@modelcontextprotocol/server';
import { type StdioServerHandle, serveStdio as serveBothEras } from '@modelcontextprotocol/server/stdio';
import type { ProtocolServer } from '../mcp/protocol-server.js';
import { createMcpServer } from '../mcp/server.js';
import type { Session } from '../mcp/session.js';
import { Subscriptions } from '../mcp/subscriptions.js';
import { ConnectionCalls } from './connection-calls.js';
import { listenedTo, watchAll } from './listening.js';

/** Serves one client on a transport that lasts as long as the connection. The first message decides the protocol era. */
export function serveConnection(session: Session, wire: Transport, onClosed: () => void = () => {}): StdioServerHandle {
  const subscriptions = new Subscriptions(session);
  const calls = new ConnectionCalls(session, wire);
  /** Of a revision with a handshake; there is one then until the connection is closed. */
  let legacy: ProtocolServer | undefined;
  const serve = ({ era }: { era: string }): ProtocolServer => {
    const server = createMcpServer(session, subscriptions);
    if (era === 'legacy') legacy = server;
    return server;
  };
  const handle = serveBothEras(serve, { transport: wire, onerror: (error) => session.log.debug({ err: error }, 'protocol error') });
  const { onclose } = wire;
  wire.onclose = () => {
    subscriptions.close();
    calls.close();
    onclose?.();
    onClosed();
  };
  watchListening(wire, session, subscriptions);
  answerCalls(wire, calls, () => legacy);
  return handle;
}

/** A subscription is opened before the SDK hears of it. */
function watchListening(wire: Transport, { log }: Session, subscriptions: Subscriptions): void {
  const deliver = wire.onmessage;
  const opening = new Set<string>();
  wire.onmessage = (message, extra) => {
    const uris = listenedTo(message);
    if (uris && 'id' in message) {
      const owner = ownerOf(message.id);
      opening.add(owner);
      void watchAll(subscriptions, owner, uris, log).then(() => {
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

function answerCalls(wire: Transport, calls: ConnectionCalls, server: () => ProtocolServer | undefined): void {
  const deliver = wire.onmessage;
  wire.onmessage = (message, extra) => {
    if (calls.take(message, server())) return;
    if ('method' in message && message.method === 'notifications/cancelled') calls.giveUp(message.params?.requestId);
    deliver?.(message, extra);
  };
}

const ownerOf = (requestId: unknown): string => `listen ${JSON.stringify(requestId)}`;
