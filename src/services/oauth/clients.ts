import type { NewOauthClient, OauthClientDirectory, OauthClientRecord } from '../../repository/system/oauth-client-directory.js';
import { daysBefore } from '../../timestamp.js';
import { type ClientDocuments, isDocumentAddress } from './client-documents.js';
import { readClientMetadata } from './client-metadata.js';
import { IDLE_CLIENT_DAYS } from './lifetimes.js';
import { OAuthProblem } from './problem.js';

/** A client as far as it is known: one that describes itself is kept only when somebody signs in with it. */
export type KnownClient = NewOauthClient & { createdAt: Date | null };

const MOST_UNUSED = 1_000;
/** Beyond that number, those go first that were not used within an hour of their registration. */
const IMPATIENT_DAYS = 1 / 24;
const BATCH = 500;

/** The programs that may ask people for access: registered ones, and ones that describe themselves at an address of theirs. */
export class OAuthClients {
  readonly #directory: () => Promise<OauthClientDirectory>;
  readonly #documents: ClientDocuments;
  readonly #clock: () => Date;

  constructor(directory: () => Promise<OauthClientDirectory>, documents: ClientDocuments, clock: () => Date) {
    this.#directory = directory;
    this.#documents = documents;
    this.#clock = clock;
  }

  /** Undefined for one that is not known or was disabled; throws `OAuthProblem` for one whose description cannot be had or taken. */
  async find(clientId: string): Promise<KnownClient | undefined> {
    const stored = await this.#stored(clientId);
    if (stored?.disabled) return undefined;
    if (!isDocumentAddress(clientId)) return stored;
    return { ...(await this.#documents.get(clientId)), secretHash: null, createdAt: stored?.createdAt ?? null };
  }

  /** One that people have given access to, as it was then: to exchange what it got nobody has to be asked over the network. */
  async known(clientId: string): Promise<KnownClient | undefined> {
    const stored = await this.#stored(clientId);
    return stored?.disabled ? undefined : stored;
  }

  async register(externalId: string, secretHash: string | null, metadata: unknown): Promise<NewOauthClient> {
    const client = { ...readClientMetadata(metadata), externalId, secretHash };
    const directory = await this.#directory();
    if ((await directory.countUnused()) >= MOST_UNUSED && (await this.#makeRoom()) === 0) {
      throw new OAuthProblem('temporarily_unavailable', 'Too many clients have registered and were not used. Try again in an hour.');
    }
    await directory.put(client, this.#clock());
    return client;
  }

  /** Answers the row that a grant refers to, and writes down a client that describes itself. */
  async keep(clientId: string): Promise<string> {
    const stored = await this.#stored(clientId);
    if (stored && !isDocumentAddress(clientId)) return stored.id;
    const described = await this.#documents.get(clientId);
    return (await this.#directory()).put({ ...described, secretHash: null }, this.#clock());
  }

  async noteUse(rowId: string): Promise<void> {
    await (await this.#directory()).noteUse(rowId, this.#clock());
  }

  async #makeRoom(): Promise<number> {
    const now = this.#clock();
    const before = { unusedBefore: daysBefore(now, IMPATIENT_DAYS), idleBefore: daysBefore(now, IDLE_CLIENT_DAYS) };
    return (await this.#directory()).prune(before, BATCH);
  }

  async #stored(clientId: string): Promise<OauthClientRecord | undefined> {
    // No client_id of ours is longer, and a NUL is nothing PostgreSQL can look for.
    if (clientId.length > 500 || clientId.includes('\0')) return undefined;
    return (await this.#directory()).find(clientId);
  }
}
