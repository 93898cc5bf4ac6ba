import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hashSecret, sameHash } from '../../../secret.js';
import type { PublicAddress } from './public-address.js';

type Answer = { setHeader(name: string, value: string): unknown };

/**
 * Ties the forms to the browser that asked for them: the page holds the hash of what is in a cookie. Nothing is kept here, so
 * any process behind a proxy can take the form. A page elsewhere can neither read the cookie nor have it sent along.
 */
export class CsrfGuard {
  readonly #address: PublicAddress;
  readonly #cookie: string;

  constructor(address: PublicAddress) {
    this.#address = address;
    // With this prefix browsers take it from this host alone, over https.
    this.#cookie = address.isHttps ? '__Host-recollect' : 'recollect';
  }

  /** What the form has to bring back; sets the cookie where there is none yet, so that pages side by side share it. */
  tokenFor(req: IncomingMessage, res: Answer): string {
    const nonce = this.#nonceOf(req) ?? randomBytes(32).toString('base64url');
    const secure = this.#address.isHttps ? '; Secure' : '';
    res.setHeader('Set-Cookie', `${this.#cookie}=${nonce}; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600${secure}`);
    return hashSecret(nonce);
  }

  /** Whether a form came from a page of ours, in the browser that we gave it to. */
  accepts(req: IncomingMessage, token: unknown): boolean {
    const nonce = this.#nonceOf(req);
    if (nonce === undefined || typeof token !== 'string' || !sameHash(token, hashSecret(nonce))) return false;
    const { 'sec-fetch-site': site, origin } = req.headers;
    if (site !== undefined) return site === 'same-origin';
    return origin === undefined || origin === this.#address.of(req);
  }

  #nonceOf({ headers: { cookie = '' } }: IncomingMessage): string | undefined {
    const found = cookie
      .split(';')
      .map((pair) => pair.trim())
      .find((pair) => pair.startsWith(`${this.#cookie}=`));
    const nonce = found?.slice(this.#cookie.length + 1);
    return nonce !== undefined && /^[\w-]{43}$/.test(nonce) ? nonce : undefined;
  }
}
