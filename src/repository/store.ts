import type { Database } from '../db/database.js';
import { AppError } from '../errors.js';
import { bindModels } from '../models/bind-models.js';
import type { Models } from '../models/index.js';
import type { Principal } from '../principal.js';
import type { RedactMode } from '../redaction/redaction.js';
import { AccountRepository } from './accounts/accounts.js';
import { ActiveUserRepository } from './accounts/active-user.js';
import { ApiTokenRepository } from './accounts/api-tokens.js';
import { LoginAttemptRepository } from './accounts/login-attempts.js';
import { OauthGrantRepository } from './accounts/oauth-grants.js';
import { OauthSignInRepository } from './accounts/oauth-sign-ins.js';
import { PasswordResetRepository } from './accounts/password-resets.js';
import { AssetRepository } from './assets.js';
import type { Context } from './context.js';
import { ConversationRepository } from './conversations.js';
import { ErasureRepository } from './erasure/erasure.js';
import { PersonalDataRepository } from './erasure/personal-data.js';
import { EventRepository } from './events.js';
import { GraphRepository } from './graph/graph.js';
import { GraphQueries } from './graph/graph-query.js';
import { KnowledgeGraphRepository } from './graph/knowledge-graph.js';
import { HistoryRepository } from './history.js';
import type { Limits } from './limits.js';
import { MemoryRepository } from './memories/memories.js';
import { MemoryRemoval } from './memories/memory-removal.js';
import { MessageRepository } from './messages.js';
import { ImportedRepository } from './portable/imported.js';
import { PortableRepository } from './portable/portable.js';
import { provision } from './provision.js';
import type { Quotas } from './quotas/quotas.js';
import { TokenBudgets } from './quotas/token-budgets.js';
import { RecallRepository } from './recall/recall.js';
import { RetentionRepository } from './retention/retention.js';
import { RetentionPolicies } from './retention/retention-policies.js';
import type { PolicyDefaults } from './retention/retention-policy.js';
import { SchemaRepository } from './schema.js';
import { SearchRepository } from './search.js';
import { SettingsRepository } from './settings.js';
import { StatsRepository } from './stats.js';
import { TaskRepository } from './tasks.js';
import { TurnRepository } from './turns.js';
import { UserRepository } from './users.js';
import { BroughtVectors } from './vectors/brought-vectors.js';
import { VectorRepository } from './vectors/vectors.js';

export type StoreOptions = {
  db: Database;
  models: Models;
  principal: Principal;
  limits: Limits;
  redact?: RedactMode | undefined;
  policy?: PolicyDefaults | undefined;
  quotas?: Quotas | undefined;
  clock: () => Date;
};

/** Row ids of people whom this process erased: what is bound to one of them is of no use any more. */
const erased = new Set<string>();

/** Everything one principal may do to the data. Cheap to make: one per principal, or per request. */
export class Store {
  readonly turns: TurnRepository;
  readonly history: HistoryRepository;
  readonly conversations: ConversationRepository;
  readonly messages: MessageRepository;
  readonly events: EventRepository;
  readonly assets: AssetRepository;
  readonly schema: SchemaRepository;
  readonly search: SearchRepository;
  readonly recall: RecallRepository;
  readonly users: UserRepository;
  readonly erasure: ErasureRepository;
  readonly personalData: PersonalDataRepository;
  readonly tasks: TaskRepository;
  readonly stats: StatsRepository;
  readonly settings: SettingsRepository;
  readonly retention: RetentionRepository;
  readonly policies: RetentionPolicies;
  readonly tokenBudgets: TokenBudgets;
  readonly vectors: VectorRepository;
  readonly broughtVectors: BroughtVectors;
  readonly memories: MemoryRepository;
  readonly removal: MemoryRemoval;
  readonly graph: GraphRepository;
  readonly graphQueries: GraphQueries;
  readonly knowledgeGraph: KnowledgeGraphRepository;
  readonly apiTokens: ApiTokenRepository;
  readonly accounts: AccountRepository;
  readonly activeUser: ActiveUserRepository;
  readonly loginAttempts: LoginAttemptRepository;
  readonly passwordResets: PasswordResetRepository;
  readonly oauthGrants: OauthGrantRepository;
  readonly oauthSignIns: OauthSignInRepository;
  readonly imported: ImportedRepository;
  readonly portable: PortableRepository;
  readonly #context: Context;

  constructor(unbound: Context) {
    const context = bound(unbound);
    this.#context = context;
    this.turns = new TurnRepository(context);
    this.history = new HistoryRepository(context);
    this.conversations = new ConversationRepository(context);
    this.messages = new MessageRepository(context);
    this.events = new EventRepository(context);
    this.search = new SearchRepository(context);
    this.recall = new RecallRepository(context);
    this.users = new UserRepository(context);
    this.erasure = new ErasureRepository(context);
    this.personalData = new PersonalDataRepository(context);
    this.tasks = new TaskRepository(context);
    this.stats = new StatsRepository(context);
    this.settings = new SettingsRepository(context);
    this.retention = new RetentionRepository(context);
    this.policies = new RetentionPolicies(context);
    this.tokenBudgets = new TokenBudgets(context);
    this.vectors = new VectorRepository(context);
    this.broughtVectors = new BroughtVectors(context);
    this.memories = new MemoryRepository(context);
    this.removal = new MemoryRemoval(context);
    this.graph = new GraphRepository(context);
    this.graphQueries = new GraphQueries(context);
    this.knowledgeGraph = new KnowledgeGraphRepository(context);
    this.assets = new AssetRepository(context);
    this.schema = new SchemaRepository(context);
    this.oauthGrants = new OauthGrantRepository(context);
    this.oauthSignIns = new OauthSignInRepository(context);
    this.imported = new ImportedRepository(context);
    this.portable = new PortableRepository(context);
    this.apiTokens = new ApiTokenRepository(context);
    this.accounts = new AccountRepository(context);
    this.activeUser = new ActiveUserRepository(context);
    this.loginAttempts = new LoginAttemptRepository(context);
    this.passwordResets = new PasswordResetRepository(context);
  }

  /** Makes sure that the principal's tenant and user are there, and opens its store. */
  static async open(options: StoreOptions): Promise<Store> {
    const { user, role, scopes } = options.principal;
    if (user !== null && (role === 'admin' || role === 'system' || scopes.has('admin')))
      throw new AppError('forbidden', 'Nobody who acts for one user only can administer.', { hint: 'Leave out either of the two.' });
    const context = bound(options);
    const userId = await provision(context);
    return new Store({ ...context, userId, transaction: undefined });
  }

  get principal(): Principal {
    return this.#context.principal;
  }

  /** The user it is bound to was erased: whoever goes on needs a new one, for a new user of the same name. */
  get retired(): boolean {
    return this.#context.userId !== null && erased.has(this.#context.userId);
  }

  /** Says that a user is erased. */
  retire(userId: string): void {
    erased.add(userId);
  }

  /** Runs `work` with a store bound to one transaction; nested calls join the outer one. */
  async transaction<T>(work: (store: Store) => Promise<T>): Promise<T> {
    if (this.#context.transaction) return work(this);
    return this.#context.db.transaction((transaction) => work(new Store({ ...this.#context, transaction })));
  }
}

/** In the tenant's hands, database and models: whatever a repository sends is under the tenant's policies, because it has nothing else. */
function bound<T extends { db: Database; models: Models; principal: Principal }>(context: T): T {
  const db = context.db.forTenant(context.principal.tenantId);
  return { ...context, db, models: bindModels(context.models, db.sequelize) };
}
