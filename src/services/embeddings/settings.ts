import { ApiProvider } from './api-provider.js';
import { Embedder } from './embedder.js';
import { OnnxProvider } from './onnx-provider.js';
import type { EmbeddingProvider } from './provider.js';

export type EmbeddingSettings = Readonly<{
  embeddingsUrl: string | null;
  embeddingsModelDir: string | null;
  embeddingsModel: string | null;
  embeddingsApiKey: string | null;
  embeddingsDimensions: number | null;
  embeddingsBatch: number;
  embeddingsQueryPrefix: string;
  embeddingsDocumentPrefix: string;
  embeddingsTimeoutMs: number;
  embeddingsWeight: number;
  embeddingsPrune: boolean;
}>;

type Model = { model: string; dimensions: number | null; queryPrefix: string; documentPrefix: string };

/** The configured provider, or null when there is none. */
export function createEmbedder(settings: EmbeddingSettings): Embedder | null {
  const { embeddingsUrl: url, embeddingsModelDir: folder, embeddingsModel: model } = settings;
  const { embeddingsDimensions: dimensions, embeddingsQueryPrefix: queryPrefix, embeddingsDocumentPrefix: documentPrefix } = settings;
  if (folder !== null) return embedder(new OnnxProvider(folder, model), settings, { dimensions, queryPrefix, documentPrefix });
  if (url === null || model === null) return null;
  return embedder(apiProvider(settings, url, model, dimensions), settings, { dimensions, queryPrefix, documentPrefix });
}

/** An earlier model on the configured server, which may have it still; null where only one model can run. */
export function createEarlierEmbedder(settings: EmbeddingSettings, earlier: Model): Embedder | null {
  const { embeddingsUrl: url, embeddingsModel: model, embeddingsDimensions: dimensions } = settings;
  if (url === null) return null;
  // Only a model whose width was asked for is asked for one.
  const asked = earlier.model === model || dimensions !== null ? earlier.dimensions : null;
  return embedder(apiProvider(settings, url, earlier.model, asked), settings, earlier);
}

const apiProvider = ({ embeddingsApiKey: apiKey }: EmbeddingSettings, url: string, model: string, dimensions: number | null) =>
  new ApiProvider({ url, model, apiKey, dimensions });

const embedder = (
  provider: EmbeddingProvider,
  { embeddingsBatch: batch, embeddingsTimeoutMs: timeoutMs }: EmbeddingSettings,
  model: Omit<Model, 'model'>,
): Embedder => new Embedder(provider, { batch, timeoutMs, ...model });
