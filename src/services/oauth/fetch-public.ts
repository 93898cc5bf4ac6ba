import { lookup as resolve } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-addresses.js';

/** What the network may be for a fetch; tests have a server of their own on a loopback address. */
export type Reach = Readonly<{ allows(address: string): boolean; ca?: string }>;
export const PUBLIC_INTERNET: Reach = { allows: isPublicAddress };

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 32 * 1024;

/**
 * Reads a JSON document from an https address that a stranger named. Addresses are looked at after the name was resolved,
 * and the connection goes to the very address that was looked at; redirects are not followed.
 */
export async function fetchPublicJson(url: URL, reach: Reach = PUBLIC_INTERNET): Promise<unknown> {
  const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(literal) && !reach.allows(literal)) throw notPublic(literal);
  // One deadline for all of it: name, handshake, headers and body.
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await open(url, reach, signal);
  const type = response.headers['content-type'] ?? '';
  if (response.statusCode !== 200 || !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    response.destroy();
    throw new Error(`answered ${response.statusCode} with ${type === '' ? 'no type' : type.slice(0, 100)}`);
  }
  return JSON.parse(await read(response));
}

const open = (url: URL, reach: Reach, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((done, failed) => {
    const options = { signal, agent: false, lookup: guardedLookup(reach), headers: { accept: 'application/json' } } as const;
    request(url, reach.ca === undefined ? options : { ...options, ca: reach.ca })
      .once('response', done)
      .once('error', failed)
      .end();
  });

/** Resolves a name and fails when any of its addresses is out of bounds: a name that has both kinds is not honest. */
const guardedLookup =
  (reach: Reach): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 4);
      const wrong = addresses.find(({ address }) => !reach.allows(address));
      const [first] = addresses;
      if (wrong || !first) return callback(notPublic(wrong?.address ?? 'nothing'), '', 4);
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const notPublic = (address: string): Error => new Error(`leads to ${address}, which is not on the public internet`);
