import { newId } from '../../ids.js';
import type { OauthGrantKind, OauthGrantRole } from '../../models/oauth-grant.js';
import { Repository } from '../context.js';
import { lockOauthGrant, pruneOauthGrants } from '../sql/oauth-grants.js';

export type { OauthGrantKind, OauthGrantRole } from '../../models/oauth-grant.js';

export type OauthGrantRecord = {
  tenantId: string;
  id: string;
  clientRowId: string;
  clientId: string;
  clientName: string | null;
  userId: string;
  /** External id of the person who signed in. */
  user: string;
  displayName: string | null;
  username: string;
  credentialId: string;
  familyId: string;
  kind: OauthGrantKind;
  role: OauthGrantRole;
  scopes: string[];
  redirectUri: string | null;
  codeChallenge: string | null;
  resource: string;
  signedInAt: Date;
  expiresAt: Date;
  usedAt: Date | null;
  /** Not revoked, and its account and client still stand behind it. Whether it has expired is another question. */
  standing: boolean;
};

export type Question = {
  tokenHash: string;
  clientRowId: string;
  userId: string;
  credentialId: string;
  /** The most that may be granted. */
  role: OauthGrantRole;
  scopes: string[];
  redirectUri: string;
  codeChallenge: string;
  resource: string;
  signedInAt: Date;
  expiresAt: Date;
};

/** What takes the place of a grant that is spent. */
export type Successor = {
  kind: Exclude<OauthGrantKind, 'consent'>;
  tokenHash: string;
  scopes: string[];
  role?: OauthGrantRole;
  expiresAt: Date;
};

type Held = Pick<OauthGrantRecord, 'usedAt' | 'expiresAt' | 'standing'>;

/** `reused`: it had been spent before, so somebody has a copy; everything that came of the same sign-in is revoked. */
export type Spent = { outcome: 'spent'; grant: OauthGrantRecord } | { outcome: 'unknown' | 'reused' };

/** What users of one tenant let clients do: each sign-in is a family of grants, of which all but access tokens can be spent once. */
export class OauthGrantRepository extends Repository {
  /** Notes who signed in and what a client asks of them; nothing is granted before they answer. */
  async ask({ clientRowId, ...question }: Question): Promise<void> {
    const { models } = this.context;
    const row = { ...question, clientId: clientRowId, tenantId: this.tenantId, familyId: newId(), kind: 'consent' as const };
    await models.OauthGrant.create(row, this.tx);
  }

  /**
   * Spends a grant that was found for those that `successors` makes of it, all or nothing. `successors` may throw to refuse; then
   * nothing has happened.
   */
  async spend(grant: OauthGrantRecord, successors: () => Successor[]): Promise<Spent> {
    return this.atomically(async (context) => {
      const grants = new OauthGrantRepository(context);
      const [held] = await context.db.query<Held>(lockOauthGrant, [this.tenantId, grant.id], context.transaction);
      if (!held) return { outcome: 'unknown' };
      const next = successors();
      if (held.usedAt) {
        await grants.revokeFamily(grant.familyId);
        return { outcome: 'reused' };
      }
      const usedAt = context.clock();
      if (!grant.standing || !held.standing || held.expiresAt <= usedAt) return { outcome: 'unknown' };
      await context.models.OauthGrant.update({ usedAt }, { where: this.ofTenant({ id: grant.id }), ...grants.tx });
      await context.models.OauthGrant.bulkCreate(
        next.map((each) => ({ ...inherited(grant), tenantId: this.tenantId, ...each })),
        grants.tx,
      );
      return { outcome: 'spent', grant };
    });
  }

  async revokeFamily(familyId: string): Promise<number> {
    return this.revoke({ familyId });
  }

  /** One token alone. */
  async revokeGrant(id: string): Promise<number> {
    return this.revoke({ id });
  }

  /** Removes what had expired before then; answers how many rows went, at most `limit`. */
  async prune(before: Date, limit: number): Promise<number> {
    return (await this.context.db.query(pruneOauthGrants, [this.tenantId, before, limit], this.context.transaction)).length;
  }

  /** Everything that somebody let clients do. */
  async revokeUser(userId: string): Promise<number> {
    return this.revoke({ userId });
  }

  private async revoke(where: { familyId: string } | { id: string } | { userId: string }): Promise<number> {
    const { models, clock } = this.context;
    // Whoever is spending one of them just now has put others in its place, which an update that waited for that did not see yet.
    for (let revoked = 0; ; ) {
      const [count] = await models.OauthGrant.update(
        { revokedAt: clock() },
        { where: this.ofTenant({ ...where, revokedAt: null }), ...this.tx },
      );
      if (count === 0) return revoked;
      revoked += count;
    }
  }
}

const inherited = ({
  clientRowId,
  userId,
  credentialId,
  familyId,
  role,
  redirectUri,
  codeChallenge,
  resource,
  signedInAt,
}: OauthGrantRecord) => ({
  clientId: clientRowId,
  userId,
  credentialId,
  familyId,
  role,
  redirectUri,
  codeChallenge,
  resource,
  signedInAt,
});
