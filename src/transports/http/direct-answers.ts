import { type JSONRPCMessage, type RequestId, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server';
import type { ProtocolServer } from '../../mcp/protocol-server.js';
import { isQuickRead } from '../../mcp/serve-tools.js';
import { type PlainCall, sessionCallIn } from '../direct-call.js';
import { callerOf, type HttpRequest, type HttpResponse, refuse, SESSION_NOT_FOUND } from './answers.js';
import { HttpCall } from './direct-call.js';

/**
 * Calls in a session that only read and do not wait, answered with one JSON text. The SDK makes a stream of each answer, several
 * times the work, whose use is to be taken up again after a break; such a call can be made again. When there is something to
 * tell before the answer, it is a stream from then on.
 */
export class DirectAnswers {
  readonly #server: ProtocolServer;
  readonly #id: string;
  readonly #open = new Map<RequestId, HttpCall>();

  constructor(server: ProtocolServer, id: string) {
    this.#server = server;
    this.#id = id;
  }

  /** The answer, or undefined for what is left to the SDK's transport, which also says what is wrong with it. */
  take({ method, headers, body }: HttpRequest, res: HttpResponse): Promise<void> | undefined {
    const call = sessionCallIn(body);
    const { accept, 'mcp-protocol-version': version } = headers;
    const isTaken =
      method === 'POST' &&
      call !== undefined &&
      accept?.includes('application/json') === true &&
      accept.includes('text/event-stream') &&
      (version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(String(version))) &&
      !this.#open.has(call.id) &&
      isQuickRead(callerOf(res).session, call.name);
    return isTaken ? this.#answer(call, res) : undefined;
  }

  /** A call that was given up by its client gets no answer. */
  heard(message: JSONRPCMessage): void {
    if (!('method' in message) || message.method !== 'notifications/cancelled') return;
    const direct = this.#open.get(message.params?.requestId as RequestId);
    if (direct) this.#giveUp(direct);
  }

  close(): void {
    for (const direct of [...this.#open.values()]) this.#giveUp(direct);
  }

  async #answer(call: PlainCall, res: HttpResponse): Promise<void> {
    const { id } = call;
    const direct = new HttpCall(call, res, async (level, data, logger) => {
      const message = { jsonrpc: '2.0', method: 'notifications/message', params: { level, data, logger } };
      if (this.#open.get(id) === direct && this.#server.wantsToKnow(level)) this.#tell(res, JSON.stringify(message));
    });
    this.#open.set(id, direct);
    res.once('close', () => {
      if (this.#open.get(id) === direct) this.#open.delete(id);
    });
    const result = await direct.run(callerOf(res).session);
    if (this.#open.get(id) !== direct) return;
    this.#open.delete(id);
    const text = JSON.stringify({ result, jsonrpc: '2.0', id });
    if (res.headersSent) return void res.end(eventOf(text));
    res.setHeader('Content-Type', 'application/json');
    res.setHeader('Mcp-Session-Id', this.#id);
    res.end(text);
  }

  #tell(res: HttpResponse, text: string): void {
    if (!res.headersSent)
      res.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache, no-transform',
        'X-Accel-Buffering': 'no',
        'Mcp-Session-Id': this.#id,
      });
    res.write(eventOf(text));
  }

  #giveUp(direct: HttpCall): void {
    const { call, res } = direct;
    this.#open.delete(call.id);
    direct.giveUp();
    if (res.headersSent) res.end();
    else refuse(res, 404, 'The call was given up before it was answered.', { code: SESSION_NOT_FOUND, id: call.id });
  }
}

const eventOf = (text: string): string => `event: message\ndata: ${text}\n\n`;
