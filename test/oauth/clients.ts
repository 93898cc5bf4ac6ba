import type { OAuthClientProvider as ModernProvider } from '@modelcontextprotocol/client';
import type { OAuthClientProvider as OldProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { REDIRECT } from './world.js';

type Metadata = OldProvider['clientMetadata'];

/** What a desktop client keeps while its user signs in; good for both lines of the SDK, which differ in types that say the same. */
export class ClientMemory {
  readonly redirectUrl = REDIRECT;
  readonly clientMetadata: Metadata = {
    client_name: 'Desk',
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  clientMetadataUrl?: string;
  /** Where the browser is sent. */
  asked: URL | undefined;
  kept: Record<string, unknown> = {};

  constructor({ metadata, metadataUrl }: { metadata?: Partial<Metadata>; metadataUrl?: string } = {}) {
    Object.assign(this.clientMetadata, metadata);
    if (metadataUrl !== undefined) this.clientMetadataUrl = metadataUrl;
  }

  state = () => 'state of the client';
  clientInformation = () => this.kept.client;
  saveClientInformation = this.#keeper('client');
  tokens = () => this.kept.tokens as { access_token: string; refresh_token?: string } | undefined;
  saveTokens = this.#keeper('tokens');
  codeVerifier = () => this.kept.verifier as string;
  saveCodeVerifier = this.#keeper('verifier');
  discoveryState = () => this.kept.discovery;
  saveDiscoveryState = this.#keeper('discovery');
  redirectToAuthorization = (url: URL) => {
    this.asked = url;
  };
  invalidateCredentials = (what: string) => {
    if (what === 'all') this.kept = {};
    else delete this.kept[what];
  };

  #keeper(name: string) {
    return (value: unknown) => {
      this.kept[name] = value;
    };
  }

  get old(): OldProvider {
    return this as unknown as OldProvider;
  }

  get modern(): ModernProvider {
    return this as unknown as ModernProvider;
  }
}
