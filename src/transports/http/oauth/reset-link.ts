import { PublicAddress } from './public-address.js';

export const RESET_PATH = '/account/password';

/** Where a token of `recollect user reset` is redeemed with a browser; undefined where a password must not travel. */
export function resetLink(publicUrl: string | null, tenant: string, token: string): string | undefined {
  if (publicUrl === null || !new PublicAddress(publicUrl).isSafe) return undefined;
  const url = new URL(RESET_PATH, publicUrl);
  url.search = String(new URLSearchParams({ tenant, token }));
  return url.href;
}
