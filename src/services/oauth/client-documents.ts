import type { Log } from '../../log.js';
import type { NewOauthClient } from '../../repository/system/oauth-client-directory.js';
import { Recent } from '../recent.js';
import { readClientMetadata } from './client-metadata.js';
import { fetchPublicJson, PUBLIC_INTERNET, type Reach } from './fetch-public.js';
import { OAuthProblem } from './problem.js';

export type DescribedClient = Omit<NewOauthClient, 'secretHash'>;

const KEPT_MS = 10 * 60_000;
/** A document that could not be had is not asked for again at once: nobody makes this server knock at a door over and over. */
const FAILURE_KEPT_MS = 30_000;
const MOST_KEPT = 500;
const MOST_AT_ONCE = 8;

/** Clients that describe themselves at the address that is their client_id (client-id metadata documents). */
export class ClientDocuments {
  readonly #reach: Reach;
  readonly #clock: () => Date;
  readonly #log: Log;
  readonly #recent = new Recent<DescribedClient | OAuthProblem>(MOST_KEPT);
  readonly #running = new Map<string, Promise<DescribedClient | OAuthProblem>>();

  constructor(clock: () => Date, log: Log, reach: Reach = PUBLIC_INTERNET) {
    this.#clock = clock;
    this.#log = log;
    this.#reach = reach;
  }

  /** Throws `OAuthProblem` when there is no such document, or one that says something else. */
  async get(clientId: string): Promise<DescribedClient> {
    const found = this.#recent.get(clientId, this.#clock().getTime()) ?? (await this.#fetchOnce(clientId));
    if (found instanceof OAuthProblem) throw found;
    return found;
  }

  #fetchOnce(clientId: string): Promise<DescribedClient | OAuthProblem> {
    const running = this.#running.get(clientId);
    if (running) return running;
    if (this.#running.size >= MOST_AT_ONCE) {
      return Promise.resolve(new OAuthProblem('temporarily_unavailable', 'Too many clients are being looked up. Try again in a moment.'));
    }
    const fetching = this.#fetch(clientId).finally(() => this.#running.delete(clientId));
    this.#running.set(clientId, fetching);
    return fetching;
  }

  async #fetch(clientId: string): Promise<DescribedClient | OAuthProblem> {
    const result = await this.#read(clientId).catch((error: unknown) => {
      if (error instanceof OAuthProblem) return error;
      this.#log.info({ err: error, clientId }, 'a client metadata document could not be read');
      // Without the reason: it would tell a stranger what this server can reach.
      return new OAuthProblem('invalid_client_metadata', `The document at ${clientId} could not be read.`);
    });
    this.#recent.set(clientId, result, this.#clock().getTime() + (result instanceof OAuthProblem ? FAILURE_KEPT_MS : KEPT_MS));
    return result;
  }

  async #read(clientId: string): Promise<DescribedClient> {
    const document = await fetchPublicJson(new URL(clientId), this.#reach);
    const described = readClientMetadata({ token_endpoint_auth_method: 'none', ...(document as object) });
    if ((document as { client_id?: unknown }).client_id !== clientId) {
      throw new OAuthProblem('invalid_client_metadata', `The document at ${clientId} is about another client.`);
    }
    if (described.tokenEndpointAuthMethod !== 'none') {
      throw new OAuthProblem(
        'invalid_client_metadata',
        'A client with a metadata document has no secret here: use token_endpoint_auth_method none.',
      );
    }
    return { ...described, externalId: clientId };
  }
}

const LONGEST = 500;

/** Whether a client_id is the address of a document: https with a path, written the one way it can be written. */
export function isDocumentAddress(clientId: string): boolean {
  if (!clientId.startsWith('https://') || clientId.length > LONGEST || !URL.canParse(clientId)) return false;
  const { href, username, password, hash, pathname } = new URL(clientId);
  return href === clientId && username === '' && password === '' && hash === '' && pathname !== '/';
}
