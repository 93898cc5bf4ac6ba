import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../src/services/embeddings/circuit-breaker.js';
import type { Embedder } from '../../src/services/embeddings/embedder.js';
import { OnnxProvider } from '../../src/services/embeddings/onnx-provider.js';
import { createEmbedder, type EmbeddingSettings } from '../../src/services/embeddings/settings.js';
import { NO_EMBEDDINGS } from '../support/embeddings.js';
import { answer, answerWith, EmbeddingServer, items, type Respond, silence, status, vectorOf } from './server.js';

const embedderOf = (server: EmbeddingServer, settings: Partial<EmbeddingSettings> = {}): Embedder =>
  createEmbedder({ ...NO_EMBEDDINGS, embeddingsUrl: server.url, embeddingsModel: 'm', embeddingsTimeoutMs: 300, ...settings })!;

/** Which of the four words a vector says that the text had. */
const word = (vector: readonly number[] | null): number => vector?.findIndex((value) => value > 0.9) ?? -1;
const TEXTS = ['a cat', 'a dog', 'the sea', 'the moon'];
const numbers = (count: number): string[] => Array.from({ length: count }, (_, at) => `text ${at}`);

const packed = (vector: number[]): string => Buffer.from(new Float32Array(vector).buffer).toString('base64');
const reply =
  (change: (data: ReturnType<typeof items>) => unknown[]): Respond =>
  (request, response: ServerResponse) =>
    answerWith(response, change(items(request)));
const refusing =
  (bad: (input: string[]) => boolean, code = 400): Respond =>
  (request, response, incoming) =>
    (bad(request.input) ? status(code) : answer)(request, response, incoming);

describe('an embedder', () => {
  it.each<[string, Respond]>([
    ['numbers', answer],
    ['base64', reply((data) => data.map(({ index, embedding }) => ({ index, embedding: packed(embedding as number[]) })))],
    ['any order', reply((data) => data.toReversed())],
    ['no index', reply((data) => data.map(({ embedding }) => ({ embedding })))],
  ])('reads an answer with %s', async (_, respond) => {
    await using server = await EmbeddingServer.start(respond);
    const vectors = await embedderOf(server).documents(TEXTS);
    expect(vectors.map(word)).toEqual([0, 1, 2, 3]);
    for (const vector of vectors) expect(Math.hypot(...vector!)).toBeCloseTo(1, 6);
    expect(server.requests[0]).toMatchObject({ model: 'm', encoding_format: 'float' });
    expect(server.requests[0]).not.toHaveProperty('dimensions');
  });

  it.each<[string, Respond, RegExp]>([
    ['another width', reply((data) => data.map(({ index }) => ({ index, embedding: [1, 0] }))), /2 numbers where 4/],
    ['NaN', (_, response) => void response.end('{"data":[{"index":0,"embedding":[NaN,1,1,1]}]}'), /not JSON/],
    ['null in a vector', reply((data) => data.map(({ index }) => ({ index, embedding: [null, 1, 1, 1] }))), /not one of/],
    ['infinity in base64', reply((data) => data.map(({ index }) => ({ index, embedding: packed([Number.NaN, 1, 1, 1]) }))), /not finite/],
    ['broken base64', reply((data) => data.map(({ index }) => ({ index, embedding: 'AAAA' }))), /no vector/],
    ['zeros', reply((data) => data.map(({ index }) => ({ index, embedding: [0, 0, 0, 0] }))), /zeros/],
    ['too few', reply((data) => data.slice(1)), /0 vectors for 1/],
    ['the same index twice', reply((data) => data.map(({ embedding }) => ({ index: 7, embedding }))), /which vector/],
    ['another form', (_, response) => void response.end('{"embeddings":[[1]]}'), /not one of/],
    ['500', status(500), /HTTP 500/],
    ['503', status(503), /HTTP 503/],
    ['401', status(401), /HTTP 401/],
    ['silence', silence, /within 0\.3 s/],
  ])('takes a provider for broken that answers %s to everything, says why, and leaves it alone', async (_, respond, why) => {
    await using server = await EmbeddingServer.start(respond);
    const embedder = embedderOf(server, { embeddingsDimensions: 4 });
    for (let attempt = 0; attempt < 3; attempt += 1) await expect(embedder.documents(TEXTS)).rejects.toThrow(why);
    expect(embedder.trouble).toMatch(why);
    expect(embedder.waitMs).toBeGreaterThan(0);
    const asked = server.requests.length;
    expect(asked).toBeLessThanOrEqual(6);
    await expect(embedder.documents(TEXTS)).rejects.toThrow(why);
    await expect(embedder.query('cat')).rejects.toThrow(why);
    expect(server.requests).toHaveLength(asked);
  });

  it('sends fewer texts at once to a provider that takes no more, and loses none', async () => {
    await using server = await EmbeddingServer.start(refusing((input) => input.length > 5, 413));
    const embedder = embedderOf(server);
    const vectors = await embedder.documents(numbers(70));
    expect(vectors.filter((vector) => vector === null)).toEqual([]);
    expect(vectors).toHaveLength(70);
    // It has learnt: seven refusals for the first batch, and one to see whether it takes more by now.
    expect(server.requests.filter(({ input }) => input.length > 5).length).toBeLessThanOrEqual(8);
  });

  it('finds the one text that a provider does not take, and keeps the others in their places', async () => {
    const texts = numbers(40).map((text, at) => (at === 21 ? 'poison' : `${text} ${['cat', 'dog'][at % 2]}`));
    await using server = await EmbeddingServer.start(refusing((input) => input.some((text) => text.includes('poison')), 500));
    const embedder = embedderOf(server);
    const vectors = await embedder.documents(texts);
    expect(vectors.map((vector, at) => (vector === null ? at : null)).filter((at) => at !== null)).toEqual([21]);
    expect(vectors.map(word)).toEqual(texts.map((_, at) => (at === 21 ? -1 : at % 2)));
    expect(embedder.trouble).toBeNull();
  });

  it('embeds the beginning of a text that is too long for the model', async () => {
    await using server = await EmbeddingServer.start(refusing((input) => input.some((text) => text.length > 600)));
    const [vector] = await embedderOf(server).documents([`cat ${'x'.repeat(1000)}`]);
    expect(word(vector!)).toBe(0);
  });

  it('sends two thousand characters of a text at most, whole ones, with the prefixes', async () => {
    await using server = await EmbeddingServer.start();
    const embedder = embedderOf(server, {
      embeddingsQueryPrefix: 'query: ',
      embeddingsDocumentPrefix: 'passage: ',
      embeddingsDimensions: 4,
    });
    await embedder.documents([`${'x'.repeat(1999)}😀${'y'.repeat(100)}`]);
    await embedder.query('where is the cat');
    expect(server.texts).toEqual([`passage: ${'x'.repeat(1999)}`, 'query: where is the cat']);
    expect(server.requests[0]).toMatchObject({ dimensions: 4 });
  });

  it('asks for a question once, and again when that failed', async () => {
    await using server = await EmbeddingServer.start();
    const embedder = embedderOf(server);
    const [one, two] = await Promise.all([embedder.query('cat'), embedder.query('cat')]);
    expect(await embedder.query('cat')).toBe(one);
    expect(two).toBe(one);
    expect(server.requests).toHaveLength(1);
    server.respond = status(503);
    await expect(embedder.query('dog')).rejects.toThrow(/503/);
    server.respond = answer;
    expect(word(await embedder.query('dog'))).toBe(1);
  });

  it('sends its key in a header and nowhere else', async () => {
    await using server = await EmbeddingServer.start();
    await embedderOf(server, { embeddingsApiKey: 'sk-geheim' }).documents(['cat']);
    expect(server.headers[0]).toMatchObject({ authorization: 'Bearer sk-geheim' });
    await server.down();
    const error = await embedderOf(server, { embeddingsApiKey: 'sk-geheim' })
      .documents(['cat'])
      .catch((failure: unknown) => failure);
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('geheim');
    expect((error as Error).message).toContain('ECONNREFUSED');
  });

  it('gives up what is under way when it is closed', async () => {
    await using server = await EmbeddingServer.start(silence);
    const embedder = embedderOf(server, { embeddingsTimeoutMs: 60_000 });
    const waiting = embedder.documents(['cat']);
    embedder.close();
    await expect(waiting).rejects.toThrow();
    await expect(embedder.documents(['cat'])).rejects.toThrow(/shutting down/);
  });

  it('accepts an address with and without its path', async () => {
    await using server = await EmbeddingServer.start();
    for (const url of [server.url, `${server.url}/`, `${server.url}/embeddings`, server.url.replace('/v1', '')]) {
      expect(word(await embedderOf(server, { embeddingsUrl: url }).query(TEXTS[2]!))).toBe(2);
    }
  });
});

describe('a circuit breaker', () => {
  it('opens after three failures, lets one through after a pause, and waits longer each time', () => {
    let now = 0;
    const breaker = new CircuitBreaker(() => now);
    for (let count = 0; count < 3; count += 1) {
      expect(breaker.enter()).toBe(true);
      breaker.failed('why');
    }
    expect([breaker.enter(), breaker.reason]).toEqual([false, 'why']);
    const first = breaker.waitMs;
    now += first;
    expect([breaker.enter(), breaker.enter()]).toEqual([true, false]);
    breaker.failed('why');
    expect(breaker.waitMs).toBeGreaterThan(first);
    now += breaker.waitMs;
    expect(breaker.enter()).toBe(true);
    breaker.abandoned();
    expect(breaker.enter()).toBe(true);
    breaker.succeeded();
    expect([breaker.enter(), breaker.enter(), breaker.reason, breaker.waitMs]).toEqual([true, true, null, 0]);
  });

  it('waits as long as it is asked to', () => {
    const breaker = new CircuitBreaker(() => 0);
    breaker.enter();
    breaker.failed('HTTP 429', 30_000);
    expect(breaker.enter()).toBe(false);
    expect(breaker.waitMs).toBeGreaterThanOrEqual(30_000);
  });
});

describe('a model in this process', () => {
  it('is asked for what its folder holds, and never for anything to download', async () => {
    const env = { allowRemoteModels: true, allowLocalModels: false, localModelPath: '' };
    const provider = new OnnxProvider('/models/minilm', null, async () => ({
      env,
      pipeline: async (_, model) => {
        expect(model).toBe('minilm');
        return async (texts) => ({ tolist: () => texts.map((text) => vectorOf(text)) });
      },
    }));
    expect(provider.model).toBe('minilm');
    expect((await provider.embed(TEXTS, AbortSignal.timeout(1000))).map(word)).toEqual([0, 1, 2, 3]);
    expect(env).toEqual({ allowRemoteModels: false, allowLocalModels: true, localModelPath: '/models' });
  });

  it('says what to install when its package is missing', async () => {
    const embedder = createEmbedder({ ...NO_EMBEDDINGS, embeddingsModelDir: '/models/minilm' })!;
    await expect(embedder.documents(['cat'])).rejects.toThrow(/npm install @huggingface\/transformers/);
  });
});
