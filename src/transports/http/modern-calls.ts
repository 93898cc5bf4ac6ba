import { classifyInboundRequest, LOG_LEVEL_META_KEY, PROTOCOL_VERSION_META_KEY, SERVER_INFO_META_KEY } from '@modelcontextprotocol/server';
import { offersTool } from '../../mcp/serve-tools.js';
import { identityOf } from '../../mcp/server.js';
import type { Session } from '../../mcp/session.js';
import { plainCallIn } from '../direct-call.js';
import type { HttpRequest, HttpResponse } from './answers.js';
import { HttpCall } from './direct-call.js';

const REVISION = '2026-07-28';
/** What clients say of themselves is the same with every call. */
const MOST_ENVELOPES = 1_000;
const LONGEST_ENVELOPE = 2_000;

/**
 * Calls of tools of revision 2026-07-28. The SDK makes a server for each request and checks it five times over, which takes
 * longer than most calls; so a call that is one and nothing else, to a tool there is, is answered here, in the SDK's words.
 * Everything else is for the SDK, and so is a call that wants to be told what is logged meanwhile.
 */
export class ModernCalls {
  /** Envelopes that the SDK found good, as they were sent. */
  readonly #good = new Set<string>();

  /** The answer, or undefined when it is not for us to give. */
  take(req: HttpRequest, res: HttpResponse, session: Session): Promise<void> | undefined {
    const { method, headers, body } = req;
    if (method !== 'POST' || headers['mcp-protocol-version'] !== REVISION || headers['mcp-method'] !== 'tools/call') return undefined;
    const call = plainCallIn(body);
    const isTaken =
      call !== undefined &&
      headers['mcp-name'] === call.name &&
      call.meta[PROTOCOL_VERSION_META_KEY] === REVISION &&
      !(LOG_LEVEL_META_KEY in call.meta) &&
      offersTool(session, call.name) &&
      this.#isGood(call.meta, body);
    return isTaken ? answer(new HttpCall(call, res), session) : undefined;
  }

  #isGood(meta: object, body: unknown): boolean {
    const envelope = textOf(meta);
    if (envelope === undefined) return false;
    if (this.#good.has(envelope)) return true;
    const { kind } = classifyInboundRequest({ httpMethod: 'POST', protocolVersionHeader: REVISION, body });
    if (kind !== 'modern') return false;
    if (this.#good.size >= MOST_ENVELOPES) this.#good.clear();
    if (envelope.length <= LONGEST_ENVELOPE) this.#good.add(envelope);
    return true;
  }
}

/** Undefined for what is nested so deeply that it cannot be written. */
function textOf(meta: object): string | undefined {
  try {
    return JSON.stringify(meta);
  } catch {
    return undefined;
  }
}

async function answer(direct: HttpCall, session: Session): Promise<void> {
  const { call, res } = direct;
  const result = await direct.run(session);
  if (res.destroyed) return;
  res.setHeader('Content-Type', 'application/json');
  const stamped = { ...result, resultType: 'complete', _meta: { [SERVER_INFO_META_KEY]: identityOf(session) } };
  res.end(JSON.stringify({ result: stamped, jsonrpc: '2.0', id: call.id }));
}
