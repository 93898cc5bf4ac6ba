import type { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import {
  type JSONRPCMessage,
  type MessageExtraInfo,
  PROTOCOL_VERSION_META_KEY,
  type RequestId,
  SUPPORTED_PROTOCOL_VERSIONS,
  type Transport,
  type TransportSendOptions,
} from '@modelcontextprotocol/server';
import { isQuickRead } from '../../mcp/serve-tools.js';
import type { Session } from '../../mcp/session.js';
import { authOf, type HttpRequest, type HttpResponse, refuse, SESSION_NOT_FOUND } from './answers.js';

type Handler = (message: JSONRPCMessage, extra?: MessageExtraInfo) => void;

/**
 * The SDK's transport of a session, except that a call which only reads and does not wait is answered with one JSON text. The
 * SDK makes a stream of each answer, several times the work, whose use is to be taken up again after a break; such a call can
 * be made again. When there is something to tell before the answer, it is a stream from then on.
 */
export class DirectAnswers implements Transport {
  readonly #inner: NodeStreamableHTTPServerTransport;
  readonly #session: Session;
  readonly #id: string;
  readonly #open = new Map<RequestId, HttpResponse>();
  #deliver: Handler | undefined;

  constructor(inner: NodeStreamableHTTPServerTransport, session: Session, id: string) {
    this.#inner = inner;
    this.#session = session;
    this.#id = id;
  }

  /** Whether the request is answered here; one that is not is for the SDK's transport, which also says what is wrong with it. */
  take({ method, headers, body }: HttpRequest, res: HttpResponse): boolean {
    const message = callIn(body);
    const { accept, 'mcp-protocol-version': version } = headers;
    const isTaken =
      method === 'POST' &&
      message !== undefined &&
      accept?.includes('application/json') === true &&
      accept.includes('text/event-stream') &&
      (version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(String(version))) &&
      !this.#open.has(message.id) &&
      isQuickRead(this.#session, message.params.name);
    if (!isTaken) return false;
    this.#open.set(message.id, res);
    res.once('close', () => {
      if (this.#open.get(message.id) === res) this.#open.delete(message.id);
    });
    this.#deliver?.(message as JSONRPCMessage, { authInfo: authOf(res) });
    return true;
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    const isAnswer = !('method' in message);
    const id = isAnswer ? message.id : options?.relatedRequestId;
    const res = id === undefined ? undefined : this.#open.get(id);
    if (id === undefined || !res) return this.#inner.send(message, options as { relatedRequestId?: RequestId });
    const text = JSON.stringify(message);
    if (!isAnswer) return this.#tell(res, text);
    this.#open.delete(id);
    if (res.headersSent) return void res.end(eventOf(text));
    res.setHeader('Content-Type', 'application/json');
    res.setHeader('Mcp-Session-Id', this.#id);
    res.end(text);
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  get onmessage(): Handler | undefined {
    return this.#deliver;
  }

  set onmessage(handler: Handler | undefined) {
    this.#deliver = handler;
    this.#inner.onmessage = (message, extra) => {
      handler?.(message, extra);
      // A call that was given up gets no answer from the SDK.
      if ('method' in message && message.method === 'notifications/cancelled') this.#giveUp(message.params?.requestId as RequestId);
    };
  }

  get onclose(): (() => void) | undefined {
    return this.#inner.onclose;
  }

  set onclose(handler: (() => void) | undefined) {
    this.#inner.onclose = () => {
      for (const id of [...this.#open.keys()]) this.#giveUp(id);
      handler?.();
    };
  }

  get onerror(): ((error: Error) => void) | undefined {
    return this.#inner.onerror;
  }

  set onerror(handler: ((error: Error) => void) | undefined) {
    this.#inner.onerror = handler;
  }

  setSupportedProtocolVersions(versions: string[]): void {
    this.#inner.setSupportedProtocolVersions(versions);
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  close(): Promise<void> {
    return this.#inner.close();
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

  #giveUp(id: RequestId): void {
    const res = this.#open.get(id);
    if (!res) return;
    this.#open.delete(id);
    if (res.headersSent) res.end();
    else refuse(res, 404, 'The call was given up before it was answered.', { code: SESSION_NOT_FOUND, id });
  }
}

const eventOf = (text: string): string => `event: message\ndata: ${text}\n\n`;

type Call = { jsonrpc: '2.0'; id: RequestId; method: 'tools/call'; params: { name: string; _meta?: object } };

/** The call of a tool in a body that is one and nothing else, and claims no later revision. */
function callIn(body: unknown): Call | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const { jsonrpc, id, method, params, ...rest } = body as Partial<Call>;
  const isCall =
    jsonrpc === '2.0' &&
    method === 'tools/call' &&
    (typeof id === 'string' || Number.isSafeInteger(id)) &&
    typeof params === 'object' &&
    typeof params?.name === 'string' &&
    !(params._meta && PROTOCOL_VERSION_META_KEY in params._meta) &&
    Object.keys(rest).length === 0;
  return isCall ? (body as Call) : undefined;
}
