import type { IncomingMessage } from 'node:http';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Where clients find this server. On this machine it has several names, and a client takes an answer only for the one that
 * it was told; so each is answered under the name it asked for.
 */
export class PublicAddress {
  readonly #url: URL;

  constructor(publicUrl: string) {
    this.#url = new URL(publicUrl);
  }

  /** Sign-in over plain http is for this machine alone: anywhere else passwords and tokens could be read on the way. */
  get isSafe(): boolean {
    return this.#url.protocol === 'https:' || LOOPBACK.has(this.#url.hostname);
  }

  get isHttps(): boolean {
    return this.#url.protocol === 'https:';
  }

  /** The origin as the asker knows it. */
  of({ headers: { host } }: Pick<IncomingMessage, 'headers'>): string {
    const asked = host !== undefined && URL.canParse(`http://${host}`) ? new URL(`${this.#url.protocol}//${host}`) : undefined;
    return (asked && sameServer(asked, this.#url) ? asked : this.#url).origin;
  }

  /** The one name under which access to this server is written down (RFC 8707). */
  get resource(): string {
    return `${this.#url.origin}/mcp`;
  }

  /** Whether a client that names this resource means this server: by the address of its endpoint, or of the server as a whole. */
  isOurs(resource: string): boolean {
    if (!URL.canParse(resource)) return false;
    const url = new URL(resource);
    const { pathname, search, username, password } = url;
    return sameServer(url, this.#url) && /^(?:\/mcp)?\/?$/.test(pathname) && search + username + password === '';
  }
}

const sameServer = (one: URL, other: URL): boolean =>
  one.origin === other.origin ||
  (one.protocol === other.protocol && one.port === other.port && LOOPBACK.has(one.hostname) && LOOPBACK.has(other.hostname));
