import type { OauthGrantKind } from '../../models/oauth-grant.js';
import type { OauthGrantRecord, OauthGrantRepository, Spent, Successor } from '../../repository/accounts/oauth-grants.js';
import type { OauthGrantDirectory } from '../../repository/system/oauth-grant-directory.js';
import { hashSecret, isSecretOf, type SecretKind } from '../../secret.js';

const SECRET_OF: Readonly<Record<OauthGrantKind, SecretKind>> = {
  consent: 'consent',
  authorization_code: 'code',
  access_token: 'accessToken',
  refresh_token: 'refreshToken',
};

/** Finds the tenant of a code or token, and what may be done with it there. */
export class Grants {
  readonly directory: () => Promise<OauthGrantDirectory>;
  readonly ofTenant: (tenantId: string) => Promise<OauthGrantRepository>;

  constructor(directory: () => Promise<OauthGrantDirectory>, ofTenant: (tenantId: string) => Promise<OauthGrantRepository>) {
    this.directory = directory;
    this.ofTenant = ofTenant;
  }

  async find(kind: OauthGrantKind, secret: string): Promise<OauthGrantRecord | undefined> {
    if (!isSecretOf(SECRET_OF[kind], secret)) return undefined;
    const grant = await (await this.directory()).find(hashSecret(secret));
    return grant?.kind === kind ? grant : undefined;
  }

  async spend(kind: OauthGrantKind, secret: string, successors: (grant: OauthGrantRecord) => Successor[]): Promise<Spent> {
    const grant = await this.find(kind, secret);
    if (!grant) return { outcome: 'unknown' };
    return (await this.ofTenant(grant.tenantId)).spend(grant, () => successors(grant));
  }
}
