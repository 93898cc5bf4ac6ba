import type { OwnProvider } from '../../repository/vectors/own-providers.js';

/** Something that turns texts into vectors. What it answers is not to be trusted: `Embedder` checks it. */
export interface EmbeddingProvider {
  /** Stands on every vector: `api` for a server, `onnx` for a model in this process. */
  readonly name: OwnProvider;
  readonly model: string;
  /** One vector a text, in their order. Throws `ProviderDown` or `TextsRefused`. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<number[][]>;
}

/** The provider does not work: there is no sense in sending it other texts. The message is public. */
export class ProviderDown extends Error {
  override readonly name = 'ProviderDown';
  /** When it asked to be left alone for a while. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { retryAfterMs?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** These texts did not work together; fewer of them may. The message is public. */
export class TextsRefused extends Error {
  override readonly name = 'TextsRefused';
}
