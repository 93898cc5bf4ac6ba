import type { Implementation } from '@modelcontextprotocol/server';
import { writeInstructions } from './instructions.js';
import { perSession } from './per-session.js';
import { ProtocolServer } from './protocol-server.js';
import { selectTools } from './select-tools.js';
import { serveCompletions } from './serve-completions.js';
import { servePrompts } from './serve-prompts.js';
import { serveResources } from './serve-resources.js';
import { serveTools } from './serve-tools.js';
import type { Session } from './session.js';
import { Subscriptions } from './subscriptions.js';
import { tools } from './tools/index.js';

/** What does not change while the server runs. A client may keep it for a while; a newer server is noticed soon enough. */
const FIXED = { ttlMs: 300_000, cacheScope: 'private' } as const;

/** Who we are, as every answer of the newer revisions says. */
export const identityOf = perSession(({ version }): Implementation => ({ name: 'recollect', title: 'Recollect', version }));

const instructionsFor = perSession((session) => writeInstructions(selectTools(tools, session)));

/**
 * The definitions as a server of one connection, for clients of every protocol revision. It talks to the SDK's low-level
 * class: the high-level one neither pages its lists nor leaves bad arguments to us. Nothing here waits for the database.
 */
export function createMcpServer(session: Session, subscriptions: Subscriptions = new Subscriptions(session)): ProtocolServer {
  const server = new ProtocolServer(identityOf(session), {
    capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} },
    cacheHints: { 'tools/list': FIXED, 'prompts/list': FIXED, 'resources/templates/list': FIXED, 'server/discover': FIXED },
    instructions: instructionsFor(session),
  });
  serveTools(server, session);
  serveResources(server, session, subscriptions);
  servePrompts(server, session);
  serveCompletions(server, session);
  session.extend?.(server);
  subscriptions.notify = (uri) => {
    // The client may be gone by now; then there is nobody to tell.
    server.sendResourceUpdated({ uri }).catch((error: unknown) => session.log.debug({ err: error, uri }, 'could not tell of a change'));
  };
  return server;
}
