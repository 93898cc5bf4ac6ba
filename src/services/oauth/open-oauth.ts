import type { Log } from '../../log.js';
import type { OauthGrantRepository } from '../../repository/accounts/oauth-grants.js';
import type { OauthClientDirectory } from '../../repository/system/oauth-client-directory.js';
import type { OauthClientRegister } from '../../repository/system/oauth-client-register.js';
import type { OauthGrantDirectory } from '../../repository/system/oauth-grant-directory.js';
import type { AccessChanges } from '../accounts/access-changes.js';
import type { SignIn } from '../accounts/sign-in.js';
import { OAuthAdministration } from './administration.js';
import { ClientDocuments } from './client-documents.js';
import { OAuthClients } from './clients.js';
import { OAuthConsent } from './consent.js';
import { Grants } from './grants.js';
import { OAuthTokens } from './tokens.js';

type Surroundings = Readonly<{
  /** Clients and grants of all tenants. */
  directories(): Promise<{ clients: OauthClientDirectory; grants: OauthGrantDirectory }>;
  register(): Promise<OauthClientRegister>;
  grantsOf(tenantId: string): Promise<OauthGrantRepository>;
  signIn: Pick<SignIn, 'attempt'>;
  /** The tenant of who signs in where there is no choice. */
  tenant: string;
  access: AccessChanges;
  clock: () => Date;
  log: Log;
}>;

/** Access that people give to programs: which ask, how people are asked, and what comes of it. */
export type OAuth = Readonly<{ clients: OAuthClients; consent: OAuthConsent; tokens: OAuthTokens; administration: OAuthAdministration }>;

/** Nothing is opened before it is used. */
export function openOAuth(
  { directories, register, grantsOf, signIn, tenant, access, clock, log }: Surroundings,
  documents = new ClientDocuments(clock, log),
): OAuth {
  const clients = new OAuthClients(async () => (await directories()).clients, documents, clock);
  const grants = new Grants(async () => (await directories()).grants, grantsOf);
  return {
    clients,
    consent: new OAuthConsent(clients, grants, signIn, tenant, clock),
    tokens: new OAuthTokens(clients, grants, access, clock),
    administration: new OAuthAdministration(register, access),
  };
}
