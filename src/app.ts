import { policyDefaults } from './config/policy-defaults.js';
import type { Config } from './config.js';
import type { Database } from './db/database.js';
import { watchPool } from './db/watch-pool.js';
import { AppError } from './errors.js';
import { Jobs } from './jobs/jobs.js';
import { createLog, LOG_LEVELS, type Log, type LogLevel } from './log.js';
import type { Metrics } from './metrics.js';
import type { Models } from './models/index.js';
import { type Principal, scopesOf, systemOf } from './principal.js';
import { KeptStores } from './repository/kept-stores.js';
import type { Limits } from './repository/limits.js';
import type { Store } from './repository/store.js';
import { AccessChanges } from './services/accounts/access-changes.js';
import { BearerAuthenticator } from './services/accounts/authenticator.js';
import { type AccountServices, openAccounts } from './services/accounts/open-accounts.js';
import { ChangeFeed } from './services/change-feed.js';
import { CorpusKeeper } from './services/corpus-keeper.js';
import { Embeddings } from './services/embeddings/embeddings.js';
import { type OAuth, openOAuth } from './services/oauth/open-oauth.js';
import { Recall } from './services/recall.js';
import type { RetentionHost } from './services/retention.js';
import { loadNeighbours } from './services/thesaurus.js';
import { watchWaitingWork } from './services/watch-waiting-work.js';

/** So many principals are served at one time without looking anything up for them again. */
const MOST_STORES = 2_000;

export type OpenDatabase = Readonly<{ db: Database; models: Models }>;

/** Everything a process needs, made from its configuration. Nothing is opened until it is asked for. */
export interface App extends AsyncDisposable {
  readonly config: Config;
  readonly log: Log;
  readonly clock: () => Date;
  /** Counts and times, in a process where somebody may ask for them. */
  readonly metrics: Metrics | undefined;
  /** The database as it stands, its schema not looked at: for migrating and diagnosing. */
  engine(): Promise<Database>;
  /** The database with the schema this program needs. Opened once; after a failure the next call tries again. */
  database(): Promise<OpenDatabase>;
  /** Repositories of one principal, kept for its next calls. The tenant and the bound user exist afterwards. */
  storeFor(principal: Principal): Promise<Store>;
  /** Tells subscribers in this process what any process wrote. */
  readonly changes: ChangeFeed;
  /** Search by meaning, where a provider is configured. */
  readonly embeddings: Embeddings;
  /** Finds what was said and learned. */
  readonly recall: Recall;
  /** Counts the words of what was written. */
  readonly corpus: CorpusKeeper;
  /** Bearer keys of this server. */
  readonly apiKeys: AccountServices['apiKeys'];
  /** Local accounts. */
  readonly accounts: AccountServices['accounts'];
  readonly passwordResets: AccountServices['passwordResets'];
  readonly signIn: AccountServices['signIn'];
  /** Access that people give to programs. */
  readonly oauth: OAuth;
  /** Word that somebody lost access, between processes. */
  readonly access: AccessChanges;
  /** Says whose a bearer credential is. */
  readonly authenticator: BearerAuthenticator;
  /** Repositories of a tenant for work that nobody asked for. Made anew for each call, and not kept. */
  systemStore(tenantId: string): Promise<Store>;
  /** What carrying out retention needs. */
  readonly retention: RetentionHost;
  /** What the server does by itself. */
  readonly jobs: Jobs;
  /** Waits for what is being opened and closes it; calling it again changes nothing. */
  close(): Promise<void>;
}

/** Returns at once. The driver, the models and the repositories are loaded with the first use, so a handshake never waits for them. */
export function openApp(config: Config, log: Log = createLog(levelOf(config), config.http), metrics?: Metrics): App {
  const clock = () => new Date();
  const limits: Limits = { maxMessageBytes: config.maxMessageBytes, maxAssetBytes: config.maxAssetBytes, assetTypes: config.assetTypes };
  const policy = policyDefaults(config);
  let closing: Promise<void> | undefined;

  const open = async (): Promise<Database> => {
    const { openDatabase } = await import('./db/open.js');
    const { databaseUrl, dataDir, durability, logSql, poolMax, rowSecurity, rowSecurityRole } = config;
    return openDatabase({ url: databaseUrl, dataDir, durability, logSql, poolMax, rowSecurity, rowSecurityRole }, log);
  };
  const whileServing =
    <T>(use: () => Promise<T>) =>
    (): Promise<T> =>
      closing ? Promise.reject(new AppError('unavailable', 'The server is shutting down.')) : use();

  const opened = untilItWorks(open);
  const engine = whileServing(opened);
  const prepared = untilItWorks(async (): Promise<OpenDatabase> => {
    const [db, { prepareSchema }, { defineModels }] = await Promise.all([engine(), import('./db/migrate.js'), import('./models/index.js')]);
    await prepareSchema(db, { autoMigrate: config.autoMigrate });
    await noteRowSecurity(db);
    jobs.opened();
    return { db, models: defineModels(db.sequelize) };
  });
  const database = whileServing(prepared);

  const noteRowSecurity = async (db: Database): Promise<void> => {
    if (db.capabilities.rowSecurity || config.rowSecurity === 'off') return;
    const state = await db.rowSecurity();
    if (state)
      log.warn({ problem: state.problem, hint: state.hint }, 'row-level security is not in force: the program alone keeps tenants apart');
  };

  const usage = untilItWorks(async () => new (await import('./repository/quotas/quotas.js')).Quotas(policy.quotas));
  const openStore = async (principal: Principal): Promise<Store> => {
    const [{ db, models }, { Store }, quotas] = await Promise.all([database(), import('./repository/store.js'), usage()]);
    return Store.open({ db, models, principal, limits, redact: config.redact ?? undefined, policy, quotas, clock });
  };

  const stores = new KeptStores(async (principal) => {
    const store = await openStore(principal);
    embeddings.serve(principal.tenantId);
    return store;
  }, MOST_STORES);
  const storeFor = (principal: Principal): Promise<Store> => stores.of(principal);

  /** For what needs nothing but the database: both are had with its first use. */
  const loaded = async <Module, T>(module: Promise<Module>, make: (module: Module, db: Database) => T): Promise<T> => {
    const [{ db }, exported] = await Promise.all([database(), module]);
    return make(exported, db);
  };

  const changes = new ChangeFeed(
    () => loaded(import('./repository/change-source.js'), ({ ChangeSource }, db) => new ChangeSource(db)),
    log,
  );

  const embeddings = new Embeddings(
    config,
    (tenantId) => loaded(import('./repository/vectors/embedding-queue.js'), ({ EmbeddingQueue }, db) => new EmbeddingQueue(db, tenantId)),
    log,
  );

  const thesaurus = untilItWorks(async () => (config.thesaurus ? loadNeighbours() : null));
  const corpus = new CorpusKeeper(
    () => loaded(import('./repository/corpus-folder.js'), ({ CorpusFolder }, db) => new CorpusFolder(db, clock)),
    log,
  );
  const recall = new Recall(thesaurus, embeddings, corpus, log);

  const access = new AccessChanges(
    () => loaded(import('./repository/system/access-source.js'), ({ AccessSource }, db) => new AccessSource(db)),
    log,
  );
  const accounts = openAccounts(config, {
    keyDirectory: () =>
      loaded(import('./repository/system/api-token-directory.js'), ({ ApiTokenDirectory }, db) => new ApiTokenDirectory(db)),
    async storeOf(tenantId) {
      const { models } = await database();
      const isThere = tenantId === config.tenant || (await models.Tenant.findByPk(tenantId)) !== null;
      return isThere ? storeFor(systemOf(tenantId)) : null;
    },
    access,
    clock,
    log,
  });
  const oauth = openOAuth({
    async directories() {
      const [{ db }, { OauthClientDirectory }, { OauthGrantDirectory }] = await Promise.all([
        database(),
        import('./repository/system/oauth-client-directory.js'),
        import('./repository/system/oauth-grant-directory.js'),
      ]);
      return { clients: new OauthClientDirectory(db), grants: new OauthGrantDirectory(db) };
    },
    register: () =>
      loaded(import('./repository/system/oauth-client-register.js'), ({ OauthClientRegister }, db) => new OauthClientRegister(db, clock)),
    grantsOf: async (tenantId) => (await storeFor(systemOf(tenantId))).oauthGrants,
    signIn: accounts.signIn,
    tenant: config.tenant,
    access,
    clock,
    log,
  });
  const authenticator = new BearerAuthenticator([accounts.apiKeys, oauth.tokens]);

  const systemStore = (tenantId: string) => openStore(systemOf(tenantId));
  const retention: RetentionHost = {
    systemStore,
    wrote(tenantId) {
      for (const follower of [changes, embeddings, corpus]) follower.wrote(tenantId);
    },
  };
  const jobs = new Jobs({ config, log, clock, database, systemStore, embeddings, retention, metrics });

  // Nobody who looks waits for it to open.
  const openNow = () => Promise.race([opened.current(), undefined]).catch(() => undefined);
  if (metrics) {
    watchPool(metrics, async () => (await openNow())?.sequelize);
    const waitingWork = async () => {
      const [db, { WaitingWork }] = await Promise.all([openNow(), import('./repository/system/waiting-work.js')]);
      return db && new WaitingWork(db);
    };
    watchWaitingWork(metrics, waitingWork, embeddings.models, log);
  }

  const shutDown = async (): Promise<void> => {
    await Promise.all([
      jobs.close(),
      changes.close(),
      embeddings.close(),
      corpus.close(),
      recall.close(),
      accounts.apiKeys.close(),
      access.close(),
    ]);
    const db = await opened.current()?.catch(() => undefined);
    await db?.close();
  };

  return {
    config,
    log,
    clock,
    metrics,
    engine,
    database,
    changes,
    embeddings,
    recall,
    corpus,
    systemStore,
    retention,
    jobs,
    ...accounts,
    oauth,
    access,
    authenticator,
    storeFor,
    close() {
      closing ??= shutDown();
      return closing;
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}

/** The principal of every call over stdio: whoever may start the program is who the configuration says. */
export const principalFrom = ({ tenant, user, role }: Config): Principal => ({ tenantId: tenant, user, role, scopes: scopesOf(role) });

/** Statements are logged as information; whoever asks for them wants to see them, whatever else is wanted. */
const levelOf = ({ logLevel, logSql }: Config): LogLevel =>
  logSql && LOG_LEVELS.indexOf(logLevel) < LOG_LEVELS.indexOf('info') ? 'info' : logLevel;

type Once<T> = { (): Promise<T>; current(): Promise<T> | undefined };

/** Runs `work` once and shares its result; a failure is forgotten, so the next caller tries again. */
function untilItWorks<T>(work: () => Promise<T>): Once<T> {
  let result: Promise<T> | undefined;
  const run = (): Promise<T> => {
    if (!result) {
      const attempt = work();
      attempt.catch(() => {
        if (result === attempt) result = undefined;
      });
      result = attempt;
    }
    return result;
  };
  return Object.assign(run, { current: () => result });
}
