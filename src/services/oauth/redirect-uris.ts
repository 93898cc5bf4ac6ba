import { OAuthProblem } from './problem.js';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const MOST = 20;
const LONGEST = 2_000;

/** Schemes that a browser acts on itself: an answer sent there would run, be shown or leave the machine unprotected. */
const BROWSER_SCHEMES = new Set(
  'about blob chrome chrome-extension content data devtools edge feed file filesystem ftp intent jar javascript mailto moz-extension resource sms tel urn vbscript view-source ws wss'
    .split(' ')
    .map((scheme) => `${scheme}:`),
);

const isLoopbackHost = (hostname: string): boolean => LOOPBACK.has(hostname);

/** Where a program may have answers sent: https, this machine, or a scheme that an installed program took for itself (RFC 8252). */
export function checkRedirectUris(uris: readonly string[]): void {
  if (uris.length === 0) throw refusal('At least one redirect URI is needed.');
  if (uris.length > MOST) throw refusal(`At most ${MOST} redirect URIs are taken.`);
  for (const uri of uris) {
    const problem = problemOf(uri);
    if (problem) throw refusal(`The redirect URI ${JSON.stringify(uri.slice(0, 200))} ${problem}.`);
  }
}

/** What is wrong with a redirect URI whoever sends it. */
export function problemOf(uri: string): string | undefined {
  if (uri.length > LONGEST) return `is longer than ${LONGEST} characters`;
  // URL forgives blanks and control characters; what is compared as text must not need forgiveness.
  if (!/^[\x21-\x7e]+$/.test(uri) || !URL.canParse(uri)) return 'is not an absolute address';
  const { protocol, hostname, username, password } = new URL(uri);
  if (uri.includes('#')) return 'must not have a fragment';
  if (username !== '' || password !== '') return 'must not name a user';
  if (uri.includes('\\')) return 'must not contain a backslash';
  if (protocol === 'https:') return undefined;
  if (protocol === 'http:') return isLoopbackHost(hostname) ? undefined : 'must be https; plain http is for loopback addresses only';
  return BROWSER_SCHEMES.has(protocol) ? 'has a scheme that no program can have for itself' : undefined;
}

/** Who will get the answer, for people: a host, or what opens on this machine. */
export function describeRedirect(uri: string): { host: string; local: boolean } {
  const { protocol, host, hostname } = new URL(uri);
  if (protocol === 'https:') return { host, local: isLoopbackHost(hostname) };
  if (protocol === 'http:') return { host, local: true };
  return { host: `${protocol}${hostname ? `//${hostname}` : ''}`, local: true };
}

const refusal = (message: string): OAuthProblem => new OAuthProblem('invalid_redirect_uri', message);
