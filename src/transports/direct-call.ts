import { PROTOCOL_VERSION_META_KEY, RELATED_TASK_META_KEY, type RequestId } from '@modelcontextprotocol/server';
import { type AskedBy, callTool } from '../mcp/serve-tools.js';
import type { Session } from '../mcp/session.js';

type JsonObject = Readonly<Record<string, unknown>>;
type Result = Awaited<ReturnType<typeof callTool>>;
type Tell = AskedBy['mcpReq']['log'];

/** The call of a tool, as it was sent. */
export type PlainCall = Readonly<{ id: RequestId; name: string; args: Record<string, unknown>; meta: JsonObject }>;

const PARAMETERS = new Set(['name', 'arguments', '_meta']);

/**
 * The call in a message that is the call of a tool and nothing else, every part of the shape it must have: then there is nothing
 * in it that the SDK would have a say in. Whatever is unusual is for the SDK, which also says what is wrong with it.
 */
export function plainCallIn(body: unknown): PlainCall | undefined {
  if (!isObject(body)) return undefined;
  const { jsonrpc, id, method, params } = body;
  const isCall = jsonrpc === '2.0' && method === 'tools/call' && isId(id) && Object.keys(body).length === 4 && isObject(params);
  if (!isCall) return undefined;
  const { name, arguments: args = {}, _meta: meta = {} } = params;
  if (typeof name !== 'string' || !isObject(args) || !isObject(meta)) return undefined;
  if (meta.progressToken !== undefined && !isId(meta.progressToken)) return undefined;
  for (const key of Object.keys(params)) if (!PARAMETERS.has(key)) return undefined;
  return { id, name, args, meta };
}

/** A plain call of the revisions that begin with a handshake: it has no envelope, and belongs to no task. */
export function sessionCallIn(body: unknown): PlainCall | undefined {
  const call = plainCallIn(body);
  return call && !(PROTOCOL_VERSION_META_KEY in call.meta || RELATED_TASK_META_KEY in call.meta) ? call : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is RequestId => typeof value === 'string' || Number.isSafeInteger(value);

/** A call while it is answered by us: to the tools it is a request like those that come through the SDK. */
export class DirectCall implements AskedBy {
  readonly call: PlainCall;
  readonly mcpReq: AskedBy['mcpReq'];
  readonly #given = new AbortController();

  constructor(call: PlainCall, log: Tell = async () => {}) {
    this.call = call;
    const given = this.#given;
    this.mcpReq = {
      log,
      // Made when it is asked for: most tools are done before anybody could give them up.
      get signal() {
        return given.signal;
      },
    };
  }

  /** Nobody waits for the answer any more. */
  giveUp(): void {
    this.#given.abort();
  }

  run(session: Session): Promise<Result> {
    return callTool(session, this.call.name, this.call.args, this);
  }
}
