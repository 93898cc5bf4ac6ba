import { counted } from '../../../counted.js';
import type { RegisteredClient } from '../../../repository/system/oauth-client-register.js';

const time = (moment: Date | null): string | null => moment?.toISOString() ?? null;

export const clientOperand = { name: 'client', description: 'its client_id, row id or name' } as const;

/** What people and programs see of a client: everything but its secret. */
export const clientView = (client: RegisteredClient) => ({
  client_id: client.externalId,
  id: client.id,
  name: client.name,
  redirect_uris: client.redirectUris,
  token_endpoint_auth_method: client.tokenEndpointAuthMethod,
  grant_types: client.grantTypes,
  scopes: client.scopes,
  created_at: client.createdAt.toISOString(),
  last_used_at: time(client.lastUsedAt),
  disabled_at: time(client.disabledAt),
  sign_ins: client.signIns,
});

export function clientState({ signIns, lastUsedAt, disabledAt }: RegisteredClient): string {
  if (disabledAt) return `disabled ${disabledAt.toISOString()}`;
  const used = lastUsedAt === null ? 'never used' : `last used ${lastUsedAt.toISOString()}`;
  return `${used}, ${describeSignIns(signIns)}`;
}

export function describeSignIns(signIns: Readonly<Record<string, number>>): string {
  const counts = Object.values(signIns);
  if (counts.length === 0) return 'nobody signed in';
  const sum = counts.reduce((total, count) => total + count, 0);
  return `${counted(sum, 'sign-in')} in ${counted(counts.length, 'tenant')}`;
}
