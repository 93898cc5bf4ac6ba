import type { RequestId, Transport } from '@modelcontextprotocol/server';
import type { ProtocolServer } from '../mcp/protocol-server.js';
import { offersTool } from '../mcp/serve-tools.js';
import type { Session } from '../mcp/session.js';
import { DirectCall, sessionCallIn } from './direct-call.js';

/**
 * Calls on a connection of its own, after the handshake of the older revisions, answered without the SDK: it reads the same call
 * and its answer a dozen times over, which takes longer than finding the answer to a short one. What it would say is said here.
 */
export class ConnectionCalls {
  readonly #session: Session;
  readonly #wire: Transport;
  readonly #open = new Map<RequestId, DirectCall>();

  constructor(session: Session, wire: Transport) {
    this.#session = session;
    this.#wire = wire;
  }

  /** Whether the message is a call that is answered here; `server` is that of the connection, once there is one. */
  take(message: unknown, server: ProtocolServer | undefined): boolean {
    const call = server?.getNegotiatedProtocolVersion() === undefined ? undefined : sessionCallIn(message);
    if (!server || !call || this.#open.has(call.id) || !offersTool(this.#session, call.name)) return false;
    const { id } = call;
    const direct = new DirectCall(call, async (level, data, logger) => {
      if (!this.#isOpen(direct) || !server.wantsToKnow(level)) return;
      await this.#wire.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level, data, logger } });
    });
    this.#open.set(id, direct);
    this.#answer(direct).catch((error: Error) => this.#wire.onerror?.(error));
    return true;
  }

  /** A call that was given up by its client gets no answer. */
  giveUp(id: unknown): void {
    const direct = this.#open.get(id as RequestId);
    if (!direct) return;
    this.#open.delete(direct.call.id);
    direct.giveUp();
  }

  close(): void {
    for (const id of [...this.#open.keys()]) this.giveUp(id);
  }

  async #answer(direct: DirectCall): Promise<void> {
    const { id } = direct.call;
    const result = await direct.run(this.#session);
    if (!this.#isOpen(direct)) return;
    this.#open.delete(id);
    await this.#wire.send({ result, jsonrpc: '2.0', id });
  }

  #isOpen(direct: DirectCall): boolean {
    return this.#open.get(direct.call.id) === direct;
  }
}
