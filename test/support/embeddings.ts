import type { EmbeddingSettings } from '../../src/services/embeddings/settings.js';

/** Search by words only. */
export const NO_EMBEDDINGS: EmbeddingSettings = {
  embeddingsUrl: null,
  embeddingsModelDir: null,
  embeddingsModel: null,
  embeddingsApiKey: null,
  embeddingsDimensions: null,
  embeddingsBatch: 32,
  embeddingsQueryPrefix: '',
  embeddingsDocumentPrefix: '',
  embeddingsTimeoutMs: 5_000,
  embeddingsWeight: 1,
  embeddingsPrune: false,
};
