import type { Database } from '../../src/db/database.js';
import { defineModels, type Models } from '../../src/models/index.js';
import { type Role, type Scope, scopesOf } from '../../src/principal.js';
import type { RedactMode } from '../../src/redaction/redaction.js';
import type { Limits } from '../../src/repository/limits.js';
import type { Quotas } from '../../src/repository/quotas/quotas.js';
import type { PolicyDefaults } from '../../src/repository/retention/retention-policy.js';
import { Store } from '../../src/repository/store.js';

/** For whom a store is opened, and what differs from a server as it is configured by default. */
export type Who = {
  tenantId: string;
  user?: string;
  role?: Role;
  /** Fewer than the role has. */
  scopes?: ReadonlySet<Scope>;
  limits?: Partial<Limits>;
  redact?: RedactMode;
  policy?: PolicyDefaults;
  quotas?: Quotas;
  clock?: () => Date;
};

const LIMITS: Limits = { maxMessageBytes: 1024 * 1024, maxAssetBytes: 8 * 1024 * 1024 };
const known = new WeakMap<Database, Models>();

/** The models of one open database, defined once. */
export function modelsOf(db: Database): Models {
  const models = known.get(db) ?? defineModels(db.sequelize);
  known.set(db, models);
  return models;
}

/** What a principal of this tenant works with: bound to `user` when one is given, for all users of the tenant otherwise. */
export function storeFor(
  db: Database,
  { tenantId, user, role = user ? 'user' : 'service', scopes, limits, redact, policy, quotas, clock }: Who,
): Promise<Store> {
  return Store.open({
    db,
    models: modelsOf(db),
    principal: { tenantId, user: user ?? null, role, scopes: scopes ?? scopesOf(role) },
    limits: { ...LIMITS, ...limits },
    redact,
    policy,
    quotas,
    clock: clock ?? (() => new Date()),
  });
}
