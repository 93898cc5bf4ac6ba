import { field } from './field.js';
import { bytes, choice, showBytes, whole, yesNo } from './kinds.js';
import { hostNames, listenHost, origins, proxies, publicOrigin } from './network.js';

const BODY_BYTES = 16 * 1024 ** 2;

/** What matters over HTTP only. */
export const HTTP_FIELDS = {
  http: field({
    description: 'Serve many clients over HTTP, at `/mcp`, instead of one over standard input and output.',
    form: null,
    reader: yesNo(),
    fallback: false,
  }),
  host: field({
    description: 'HTTP: address to listen on. `0.0.0.0` or `::` lets other machines in; put a proxy that speaks TLS in front then.',
    form: 'address',
    reader: listenHost(),
    fallback: '127.0.0.1',
  }),
  port: field({ description: 'HTTP: port to listen on; 0 takes a free one.', form: 'number', reader: whole(0, 65_535), fallback: 3000 }),
  auth: field({
    description:
      'HTTP: let in only who presents a key or has signed in. `--no-auth` lets everybody in, as the user and role of this configuration; only where nobody but this machine can reach it.',
    form: null,
    reader: yesNo(),
    fallback: true,
  }),
  publicUrl: field<string | null>({
    description: 'HTTP: where clients reach the server, when that is not where it listens: the address of the proxy in front.',
    form: 'url',
    reader: publicOrigin(),
    fallback: null,
    fallbackText: 'where it listens',
  }),
  allowedHosts: field<readonly string[]>({
    description:
      'HTTP: further host names under which it may be asked for. Requests for others are refused, which keeps web pages from reaching it under a name of theirs.',
    form: 'names',
    reader: hostNames(),
    fallback: [],
    fallbackText: 'where it listens, and the host of the public URL',
  }),
  allowedOrigins: field<readonly string[]>({
    description: 'HTTP: origins of web pages that may use it, such as `https://app.example.com`.',
    form: 'origins',
    reader: origins(),
    fallback: [],
    fallbackText: 'its own; on a loopback address also pages that come from this machine',
  }),
  trustProxy: field<readonly string[]>({
    description: 'HTTP: proxies whose word about the client is taken (`X-Forwarded-For`): how many stand in front, or their addresses.',
    form: 'count|addresses',
    reader: proxies(),
    fallback: [],
    fallbackText: '`off`',
  }),
  metrics: field<'loopback' | 'all' | 'off'>({
    description: 'HTTP: who may read `/metrics` (Prometheus): this machine, everybody who reaches the port, or nobody.',
    form: 'loopback|all|off',
    reader: choice(['loopback', 'all', 'off']),
    fallback: 'loopback',
  }),
  maxBodyBytes: field({
    description: 'HTTP: largest request.',
    form: 'size',
    reader: bytes(64 * 1024, 64 * 1024 ** 2),
    fallback: BODY_BYTES,
    fallbackText: showBytes(BODY_BYTES),
  }),
  rateLimit: field({
    description: 'HTTP: requests a minute of one user or key; 0 for any number.',
    form: 'count',
    reader: whole(0, 10_000_000),
    fallback: 120_000,
  }),
  rateLimitUnknown: field({
    description: 'HTTP: requests a minute without a valid credential from one address; 0 for any number.',
    form: 'count',
    reader: whole(0, 10_000_000),
    fallback: 300,
  }),
  sessionsMax: field({
    description: 'HTTP: sessions and open streams of one user or key. Beyond it the session that was idle longest ends.',
    form: 'count',
    reader: whole(1, 100_000),
    fallback: 256,
  }),
  sessionIdleMinutes: field({
    description: 'HTTP: a session that nobody uses for so long ends; its client starts another.',
    form: 'minutes',
    reader: whole(1, 10_080),
    fallback: 60,
  }),
  conformance: field({
    description: 'HTTP, for testing this program: offer also what the official conformance suite calls. Only with sign-in off.',
    form: null,
    reader: yesNo(),
    fallback: false,
  }),
  shutdownSeconds: field({
    description: 'HTTP: how long requests under way may go on after the server was told to end.',
    form: 'seconds',
    reader: whole(0, 600),
    fallback: 10,
  }),
};
