import { z } from 'zod';
import { TextsRefused } from './provider.js';

const answer = z.object({
  data: z.array(z.object({ index: z.int().min(0).optional(), embedding: z.union([z.array(z.number()), z.string()]) })),
});

/** The vectors of an answer of `/v1/embeddings`, in the order of the texts; refuses one that does not hold exactly one for each. */
export function readVectors(body: unknown, count: number): number[][] {
  const parsed = answer.safeParse(body);
  if (!parsed.success) throw new TextsRefused('its answer is not one of /v1/embeddings');
  const { data } = parsed.data;
  if (data.length !== count) throw new TextsRefused(`it answered ${data.length} vectors for ${count} texts`);
  const vectors = new Array<number[] | undefined>(count).fill(undefined);
  data.forEach(({ index, embedding }, at) => {
    const place = index ?? at;
    if (place >= count || vectors[place] !== undefined) throw new TextsRefused('its answer does not say which vector is of which text');
    vectors[place] = typeof embedding === 'string' ? fromBase64(embedding) : embedding;
  });
  return vectors as number[][];
}

/** Little-endian float32, as OpenAI packs them. */
function fromBase64(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0) throw new TextsRefused('it answered base64 that is no vector');
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}

/** The vector with length one; refuses one that has another width than expected, is not finite, or has no direction. */
export function normalized(vector: readonly number[], width: number | null): number[] {
  if (width !== null && vector.length !== width) {
    throw new TextsRefused(`it answers vectors of ${vector.length} numbers where ${width} are expected`);
  }
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (!Number.isFinite(length)) throw new TextsRefused('it answers vectors that are not finite');
  if (length === 0) throw new TextsRefused('it answers vectors of nothing but zeros');
  return vector.map((value) => value / length);
}
