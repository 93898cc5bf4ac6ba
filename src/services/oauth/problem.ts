export type OAuthProblemCode =
  | 'invalid_request'
  | 'invalid_client_metadata'
  | 'invalid_redirect_uri'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'temporarily_unavailable';

/** What a client did wrong, in the words of OAuth. The message is public. */
export class OAuthProblem extends Error {
  override readonly name = 'OAuthProblem';
  readonly code: OAuthProblemCode;

  constructor(code: OAuthProblemCode, message: string) {
    super(message);
    this.code = code;
  }
}
