import { type EmbeddingProvider, ProviderDown, TextsRefused } from './provider.js';
import { readVectors } from './read-vectors.js';

export type ApiOptions = Readonly<{ url: string; model: string; apiKey: string | null; dimensions: number | null }>;

/** These can be about the texts, by their length or their number; everything else is about the server. 500 is what llama.cpp says to a text that is too long. */
const ABOUT_TEXTS = new Set([400, 413, 422, 500]);

/** Any server with an OpenAI-compatible `/v1/embeddings`. */
export class ApiProvider implements EmbeddingProvider {
  readonly name = 'api';
  readonly model: string;
  readonly #options: ApiOptions;
  readonly #url: string;

  constructor(options: ApiOptions) {
    this.model = options.model;
    this.#options = options;
    this.#url = endpoint(options.url);
  }

  async embed(texts: readonly string[], signal: AbortSignal): Promise<number[][]> {
    const { model, dimensions } = this.#options;
    // Without encoding_format some servers answer base64, and clients that do not expect it read a quarter of the width.
    const request = { model, input: texts, encoding_format: 'float', ...(dimensions === null ? {} : { dimensions }) };
    const response = await this.#post(JSON.stringify(request), signal);
    if (!response.ok) throw await refusal(response);
    const body = await response.json().catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw new TextsRefused('its answer is not JSON');
    });
    return readVectors(body, texts.length);
  }

  async #post(body: string, signal: AbortSignal): Promise<Response> {
    const { apiKey } = this.#options;
    const headers = { 'content-type': 'application/json', ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }) };
    try {
      return await fetch(this.#url, { method: 'POST', headers, body, signal, redirect: 'error' });
    } catch (error) {
      if (signal.aborted) throw error;
      const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
      throw new ProviderDown(`it cannot be reached${typeof code === 'string' ? ` (${code})` : ''}`, { cause: error });
    }
  }
}

/** The address as given when it is complete, else what is missing of `/v1/embeddings` added to it. */
function endpoint(written: string): string {
  const url = new URL(written);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith('/embeddings') ? path : `${path === '' ? '/v1' : path}/embeddings`;
  return url.toString();
}

async function refusal(response: Response): Promise<Error> {
  await response.body?.cancel().catch(() => undefined);
  const { status } = response;
  if (ABOUT_TEXTS.has(status)) return new TextsRefused(`it answered HTTP ${status}`);
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ProviderDown(`it answered HTTP ${status}`, { retryAfterMs: seconds >= 0 ? seconds * 1000 : undefined });
}
