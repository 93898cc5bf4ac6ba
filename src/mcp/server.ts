import { Server } from '@modelcontextprotocol/server';
import { writeInstructions } from './instructions.js';
import { selectTools } from './select-tools.js';
import { serveCompletions } from './serve-completions.js';
import { servePrompts } from './serve-prompts.js';
import { serveResources } from './serve-resources.js';
import { serveTools } from './serve-tools.js';
import type { Session } from './session.js';
import { Subscriptions } from './subscriptions.js';
import { tools } from './tools/index.js';

/**
 * The definitions as a server of one connection, for clients of every protocol revision. It talks to the SDK's low-level
 * class: the high-level one neither pages its lists nor leaves bad arguments to us. Nothing here waits for the database.
 */
export function createMcpServer(session: Session, subscriptions: Subscriptions = new Subscriptions(session)): Server {
  const server = new Server(
    { name: 'recollect', title: 'Recollect', version: session.version },
    {
      capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} },
      instructions: writeInstructions(selectTools(tools, session)),
    },
  );
  serveTools(server, session);
  serveResources(server, session, subscriptions);
  servePrompts(server, session);
  serveCompletions(server, session);
  subscriptions.notify = (uri) => {
    // The client may be gone by now; then there is nobody to tell.
    server.sendResourceUpdated({ uri }).catch((error: unknown) => session.log.debug({ err: error, uri }, 'could not tell of a change'));
  };
  return server;
}
