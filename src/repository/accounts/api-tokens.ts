import { z } from 'zod';
import { AppError, invalidInput, notFound } from '../../errors.js';
import { newId } from '../../ids.js';
import { type Role, type Scope, scopesOf } from '../../principal.js';
import { decodeCursor } from '../cursor.js';
import { type Page, type PageQuery, pageOf } from '../page.js';
import { listApiTokens, pruneApiTokens } from '../sql/api-tokens.js';
import { UserRepository } from '../users.js';
import { AdministrativeRepository } from './administration.js';

export type ApiTokenRole = Exclude<Role, 'system'>;

export type ApiTokenRecord = {
  id: string;
  name: string;
  /** How the key begins: enough to tell it from others, not to use it. */
  prefix: string;
  role: ApiTokenRole;
  scopes: Scope[];
  user: string | null;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
  createdAt: Date;
};

export type NewApiToken = {
  name: string;
  prefix: string;
  tokenHash: string;
  /** External id, username or e-mail of the person it acts for; one that is not known yet is made. */
  user?: string | undefined;
  /** `user` for a key of one person, else `service`. */
  role?: ApiTokenRole | undefined;
  /** All of its role when left out. */
  scopes?: readonly Scope[] | undefined;
  expiresAt?: Date | null | undefined;
};

const place = z.strictObject({ at: z.iso.datetime(), id: z.guid() });
const MOST_NAMED = 50;

/** Bearer keys of the tenant. What a key says is fixed when it is made; it can only be revoked. */
export class ApiTokenRepository extends AdministrativeRepository {
  async create({ name, prefix, tokenHash, user, expiresAt, ...wanted }: NewApiToken): Promise<{ token: ApiTokenRecord; newUser: boolean }> {
    this.assertAdministrator();
    const { role, scopes } = allowed(user, wanted);
    if (expiresAt && expiresAt <= this.context.clock()) throw invalidInput('A key cannot expire in the past.');
    return this.atomically(async (context) => {
      const { transaction } = context;
      const person = user === undefined ? undefined : await new UserRepository(context).upsert(user, {});
      const { id } = await context.models.ApiToken.create(
        {
          ...this.ofTenant({ id: newId(), userId: person?.user.id ?? null, name, role, scopes, prefix, tokenHash }),
          ...{ expiresAt: expiresAt ?? null, lastUsedAt: null, revokedAt: null, createdAt: context.clock() },
        },
        transaction ? { transaction } : {},
      );
      return { token: await new ApiTokenRepository(context).get(id), newUser: person?.created ?? false };
    });
  }

  /** Newest first, revoked and expired ones too. */
  async list(page: PageQuery): Promise<Page<ApiTokenRecord>> {
    this.assertAdministrator();
    const from = page.cursor === undefined ? null : decodeCursor('api_tokens', {}, page.cursor, place);
    const rows = await this.read(null, from?.at ?? null, from?.id ?? null, page.limit + 1);
    return pageOf(rows, page.limit, 'api_tokens', {}, ({ createdAt, id }) => ({ at: createdAt.toISOString(), id }));
  }

  /** By id, prefix or name. A name that several keys bear names none of them, unless only one is still in force. */
  async get(named: string): Promise<ApiTokenRecord> {
    this.assertAdministrator();
    const found = await this.read(named, null, null, MOST_NAMED);
    if (found.length <= 1) return found[0] ?? missing(named);
    const inForce = found.filter(({ revokedAt }) => revokedAt === null);
    if (inForce.length === 1) return inForce[0]!;
    throw new AppError('conflict', `${found.length} keys are named ${JSON.stringify(named)}.`, {
      hint: `Say which by id: ${(inForce.length > 0 ? inForce : found).map(({ id }) => id).join(', ')}.`,
    });
  }

  /** From now on nobody comes in with this key. Revoking it again changes nothing. */
  async revoke(named: string): Promise<ApiTokenRecord> {
    const { id } = await this.get(named);
    const { ApiToken } = this.context.models;
    await ApiToken.update({ revokedAt: this.context.clock() }, { where: { ...this.ofTenant({ id }), revokedAt: null }, ...this.tx });
    return this.get(id);
  }

  /** Removes keys that ended before `before`, at most `limit` of them; tells how many. */
  async prune(before: Date, limit = 500): Promise<number> {
    this.assertAdministrator();
    const removed = await this.context.db.query(pruneApiTokens, [this.tenantId, before, limit], this.context.transaction);
    return removed.length;
  }

  private read(named: string | null, at: string | null, id: string | null, limit: number): Promise<ApiTokenRecord[]> {
    return this.context.db.query<ApiTokenRecord>(listApiTokens, [this.tenantId, named, at, id, limit], this.context.transaction);
  }
}

const missing = (named: string): never => {
  throw notFound('key', JSON.stringify(named), 'recollect token list shows the keys there are.');
};

function allowed(user: string | undefined, wanted: Pick<NewApiToken, 'role' | 'scopes'>): { role: ApiTokenRole; scopes: Scope[] } {
  const role = wanted.role ?? (user === undefined ? 'service' : 'user');
  if ((role === 'user') !== (user !== undefined)) {
    throw invalidInput(
      role === 'user' ? 'A key with the role user is for one person.' : `A key for one person has the role user, not ${role}.`,
      role === 'user' ? 'Say for whom, or choose another role.' : 'Leave the role out, or make a key for nobody in particular.',
    );
  }
  const ofRole = scopesOf(role);
  const scopes = [...new Set(wanted.scopes ?? ofRole)];
  const beyond = scopes.filter((scope) => !ofRole.has(scope));
  if (scopes.length === 0) throw invalidInput('A key without scopes could do nothing.', `Choose from: ${[...ofRole].join(', ')}.`);
  if (beyond.length > 0) throw invalidInput(`The role ${role} does not have ${beyond.join(', ')}.`, `It has: ${[...ofRole].join(', ')}.`);
  return { role, scopes };
}
