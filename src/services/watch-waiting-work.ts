import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import type { EmbeddingModel } from '../repository/stats.js';
import type { WaitingWork } from '../repository/system/waiting-work.js';

type Open = () => Promise<Pick<WaitingWork, 'words' | 'embeddings'> | undefined>;

/** Figures may be this old: counting what waits for a vector reads much. */
const FRESH_MS = 60_000;

/** Shows how much waits to be done in the background. Nobody who looks waits for a figure: it is counted for the next one. */
export function watchWaitingWork(metrics: Metrics, open: Open, models: readonly EmbeddingModel[], log: Log): void {
  const watch = (name: string, help: string, count: (work: NonNullable<Awaited<ReturnType<Open>>>) => Promise<number>) => {
    let known: number | null = null;
    let countedAt = Number.NEGATIVE_INFINITY;
    metrics.watch(name, help, async () => {
      const work = performance.now() - countedAt < FRESH_MS ? undefined : await open();
      if (work) {
        countedAt = performance.now();
        const counting = count(work).then((counted) => {
          known = counted;
        });
        counting.catch((error: unknown) => log.debug({ err: error, name }, 'could not count what waits'));
      }
      return known;
    });
  };
  watch('recollect_corpus_pending', 'Changes of texts whose words are not counted yet.', (work) => work.words());
  if (models.length > 0)
    watch('recollect_embedding_pending', 'Messages and memories that have no vector yet.', (work) => work.embeddings(models));
}
