import { isIP } from 'node:net';
import { type Reader, reader } from './kinds.js';

/** Whether only this machine can reach what listens there. */
export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);

/** An address to listen on, or a name of one. */
export const listenHost = (): Reader<string> =>
  reader('an IP address or a host name, such as 127.0.0.1 or 0.0.0.0', (written) => {
    const host = written.replace(/^\[(.*)\]$/, '$1');
    return isIP(host) || HOST_NAME.test(host) ? host.toLowerCase() : undefined;
  });

/** Where others reach the server: scheme, host and port, nothing behind them. */
export const publicOrigin = (): Reader<string> =>
  reader('an http or https address without a path, such as https://memory.example.com', (written) =>
    /^https?:/i.test(written) ? originOf(written.replace(/\/$/, '')) : undefined,
  );

/** Host names without ports, as a Host header has them; `*` for any. */
export const hostNames = (): Reader<readonly string[]> =>
  reader('host names without a port, separated by commas, or *', (written) =>
    every(written, (name) => (name === '*' ? name : hostNameOf(name))),
  );

/** Origins as browsers write them; `*` for any. */
export const origins = (): Reader<readonly string[]> =>
  reader('origins such as https://app.example.com, separated by commas, or *', (written) =>
    every(written, (origin) => (origin === '*' ? origin : originOf(origin))),
  );

/** Which proxies stand in front: how many, or at what addresses. */
export const proxies = (): Reader<readonly string[]> =>
  reader('off, the number of proxies in front, or their addresses and subnets, separated by commas (`loopback` is one)', (written) => {
    if (/^(?:off|no|false|0)$/i.test(written)) return [];
    if (/^[1-9]\d?$/.test(written)) return [written];
    return every(written, (entry) => (NETWORK.test(entry) || isNetwork(entry) ? entry.toLowerCase() : undefined));
  });

const HOST_NAME = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,30}$/i;
const NETWORK = /^(?:loopback|linklocal|uniquelocal)$/i;

const isNetwork = (entry: string): boolean => {
  const [address, bits, ...rest] = entry.split('/');
  const version = isIP(address ?? '');
  return (
    version !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)))
  );
};

/** As `URL` writes it: in lower case, an IPv6 address in brackets. */
const hostNameOf = (name: string): string | undefined => {
  const host = isIP(name) === 6 ? `[${name}]` : name;
  if (!/^[^\s/:@?#]+$|^\[[0-9a-f:.]+\]$/i.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname;
};

const originOf = (written: string): string | undefined => {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+$/i.test(written) || !URL.canParse(written)) return undefined;
  const { origin, protocol, host } = new URL(written);
  return origin === 'null' ? `${protocol}//${host}` : origin;
};

const every = <T>(written: string, read: (entry: string) => T | undefined): readonly T[] | undefined => {
  const entries = written
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const values = entries.map(read).filter((value) => value !== undefined);
  return values.length === entries.length && values.length > 0 ? [...new Set(values)] : undefined;
};
