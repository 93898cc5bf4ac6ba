import { isIP } from 'node:net';
import { localhostAllowedHostnames, validateHostHeader } from '@modelcontextprotocol/server';
import type { Metrics } from '../../metrics.js';
import { type Handler, refuse } from './answers.js';

/** Where the server is, and what it was told about who may come. */
export type Reach = Readonly<{
  host: string;
  publicUrl: string;
  allowedHosts: readonly string[];
  allowedOrigins: readonly string[];
  metrics?: Metrics | undefined;
}>;

const METHODS = 'GET, POST, DELETE, OPTIONS';
const HEADERS =
  'Authorization, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, Mcp-Name, X-Request-Id';
const EXPOSED = 'Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After, X-Request-Id';

/** Hosts that were found good, as they were sent: most requests name the same. */
const MOST_HOSTS = 100;

/** As a Host header has it. */
export const hostInUrl = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

/**
 * Turns away requests for a host that the server is not: a web page that had its own name point here would otherwise be
 * taken for this server's (DNS rebinding). An address in numbers cannot be such a name.
 */
export function guardHost({ host, publicUrl, allowedHosts, metrics }: Reach): Handler {
  const allowed = [...localhostAllowedHostnames(), hostInUrl(host), new URL(publicUrl).hostname, ...allowedHosts];
  if (allowed.includes('*')) return (_req, _res, next) => next();
  const good = new Set<string | undefined>();
  return (req, res, next) => {
    if (good.has(req.headers.host)) return next();
    const { hostname, ok } = { hostname: undefined, ...validateHostHeader(req.headers.host, allowed) };
    if (ok || (isWildcard(host) && hostname !== undefined && isIP(hostname.replace(/^\[|\]$/g, '')))) {
      if (good.size < MOST_HOSTS) good.add(req.headers.host);
      return next();
    }
    metrics?.requestRefused('host');
    refuse(res, 403, 'This server is not asked for under that host name. Whoever runs it can allow it with RECOLLECT_ALLOWED_HOSTS.');
  };
}

/** Turns away web pages of other origins, and lets those that are allowed read the answers (CORS). */
export function guardOrigin({ host, publicUrl, allowedOrigins, metrics }: Reach): Handler {
  const allowed = new Set([publicUrl, ...allowedOrigins]);
  const local = localhostAllowedHostnames();
  const isLocal = local.includes(hostInUrl(host));
  const mayCome = (origin: string, asked: string | undefined): boolean => {
    if (allowed.has('*') || allowed.has(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const { protocol, hostname, host: from } = new URL(origin);
    if (!/^https?:$/.test(protocol)) return false;
    return from === asked || (isLocal && local.includes(hostname));
  };
  return (req, res, next) => {
    const { origin } = req.headers;
    if (origin === undefined) return next();
    res.setHeader('Vary', 'Origin');
    if (!mayCome(origin, req.headers.host)) {
      metrics?.requestRefused('origin');
      return refuse(
        res,
        403,
        'Web pages of that origin may not use this server. Whoever runs it can allow it with RECOLLECT_ALLOWED_ORIGINS.',
      );
    }
    res.setHeader('Access-Control-Allow-Origin', origin);
    res.setHeader('Access-Control-Expose-Headers', EXPOSED);
    if (req.method !== 'OPTIONS') return next();
    res.setHeader('Access-Control-Allow-Methods', METHODS);
    res.setHeader('Access-Control-Allow-Headers', HEADERS);
    res.setHeader('Access-Control-Max-Age', '600');
    res.statusCode = 204;
    res.end();
  };
}
