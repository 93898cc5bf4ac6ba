import { AppError } from '../../errors.js';
import type { Authenticator, Identity } from '../../principal.js';
import { isSecretOf, type SecretKind } from '../../secret.js';

/** Knows credentials of one kind. Throws `unauthenticated` for one that is not good. */
export interface BearerVerifier {
  readonly kind: SecretKind;
  verify(bearer: string): Promise<Identity>;
}

/** Longer than any credential: not worth hashing. */
const MAX_LENGTH = 200;

/** Hands each credential to the verifier of its kind, which its prefix tells. */
export class BearerAuthenticator implements Authenticator {
  readonly #verifiers: readonly BearerVerifier[];

  constructor(verifiers: readonly BearerVerifier[]) {
    this.#verifiers = verifiers;
  }

  async authenticate(bearer: string): Promise<Identity> {
    const verifier = bearer.length <= MAX_LENGTH ? this.#verifiers.find(({ kind }) => isSecretOf(kind, bearer)) : undefined;
    if (!verifier) throw unauthenticated('This is not a credential of this server.');
    return verifier.verify(bearer);
  }
}

export const unauthenticated = (message: string, hint = 'Sign in again, or ask an administrator for a new key.'): AppError =>
  new AppError('unauthenticated', message, { hint });
