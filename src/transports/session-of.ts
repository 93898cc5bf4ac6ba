import { type App, principalFrom } from '../app.js';
import type { Session } from '../mcp/session.js';
import { VERSION } from '../version.js';

/** What a client gets that is served with the configuration alone: whoever may start the program is who it says. */
export function sessionOf({ config, storeFor, changes, embeddings, recall, corpus, log }: App): Session {
  const principal = principalFrom(config);
  return {
    principal,
    store: () => storeFor(principal),
    toolsets: new Set(config.toolsets),
    readOnly: config.readOnly,
    changes,
    embeddings,
    recall,
    corpus,
    log,
    version: VERSION,
  };
}
