import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import type { Principal } from '../principal.js';
import type { Store } from '../repository/store.js';
import type { ChangeFeed } from '../services/change-feed.js';
import type { CorpusKeeper } from '../services/corpus-keeper.js';
import type { Embeddings } from '../services/embeddings/embeddings.js';
import type { JobControl } from '../services/job-control.js';
import type { Recall } from '../services/recall.js';
import type { Toolset } from '../toolsets.js';
import type { CallContext } from './define.js';
import type { ProtocolServer } from './protocol-server.js';

/** What one connection is served with. Making it must not wait for the database: `store` is awaited inside calls only. */
export type Session = Readonly<{
  principal: Principal;
  store(): Promise<Store>;
  toolsets: ReadonlySet<Toolset>;
  readOnly: boolean;
  changes: ChangeFeed;
  embeddings: Embeddings;
  recall: Recall;
  corpus: CorpusKeeper;
  jobs: JobControl;
  /** Looks up again who may come in: somebody lost access. */
  forgetCredentials?: (() => Promise<void>) | undefined;
  /** Where somebody reads them. */
  metrics?: Metrics | undefined;
  /** Adds to what the definitions offer. */
  extend?: ((server: ProtocolServer) => void) | undefined;
  log: Log;
  version: string;
}>;

/** `asked` is looked at for its signal when somebody wants to know it. */
export async function openContext(session: Session, asked: { readonly signal: AbortSignal }): Promise<CallContext> {
  const store = await session.store();
  const { changes, embeddings, recall, jobs, forgetCredentials } = session;
  // Of the store, and not of the session: over stdio the active user may be another one by now.
  return {
    store,
    principal: store.principal,
    changes,
    embeddings,
    recall,
    jobs,
    forgetCredentials,
    get signal() {
      return asked.signal;
    },
  };
}
