import { type App, principalFrom } from '../app.js';
import type { Session } from '../mcp/session.js';
import type { Principal } from '../principal.js';
import { VERSION } from '../version.js';

/** What a client gets: the tools of the configuration, for a principal. Over stdio whoever may start the program is who the configuration says. */
export function sessionOf(app: App, principal: Principal = principalFrom(app.config)): Session {
  const { config, changes, embeddings, recall, corpus, jobs, metrics, access, log } = app;
  return {
    principal,
    store: () => app.storeFor(principal),
    toolsets: new Set(config.toolsets),
    readOnly: config.readOnly,
    changes,
    embeddings,
    recall,
    corpus,
    jobs,
    forgetCredentials: () => access.changed(),
    metrics,
    log,
    version: VERSION,
  };
}
