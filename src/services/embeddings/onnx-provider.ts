import { basename, dirname, resolve } from 'node:path';
import { type EmbeddingProvider, ProviderDown } from './provider.js';

type Extract = (texts: string[], options: { pooling: 'mean'; normalize: true }) => Promise<{ tolist(): number[][] }>;
type Transformers = {
  env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string };
  pipeline(task: 'feature-extraction', model: string): Promise<Extract>;
};

/** Not among our dependencies: half a gigabyte that only those need who run a model in here. The variable keeps it from being resolved when this is compiled. */
const PACKAGE: string = '@huggingface/transformers';
const load = (): Promise<Transformers> => import(PACKAGE) as Promise<Transformers>;

/** A sentence encoder in this process, from a folder as Hugging Face lays it out; nothing is downloaded. */
export class OnnxProvider implements EmbeddingProvider {
  readonly name = 'onnx';
  readonly model: string;
  readonly #folder: string;
  readonly #load: () => Promise<Transformers>;
  #extract: Promise<Extract> | undefined;

  constructor(folder: string, model: string | null, transformers = load) {
    this.#folder = resolve(folder);
    this.model = model ?? basename(this.#folder);
    this.#load = transformers;
  }

  async embed(texts: readonly string[], signal: AbortSignal): Promise<number[][]> {
    this.#extract ??= this.#open();
    const opening = this.#extract;
    opening.catch(() => {
      if (this.#extract === opening) this.#extract = undefined;
    });
    const extract = await opening;
    signal.throwIfAborted();
    return (await extract([...texts], { pooling: 'mean', normalize: true })).tolist();
  }

  async #open(): Promise<Extract> {
    let transformers: Transformers;
    try {
      transformers = await this.#load();
    } catch (error) {
      throw new ProviderDown(`the package ${PACKAGE} is not installed beside this program (npm install ${PACKAGE})`, { cause: error });
    }
    Object.assign(transformers.env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: dirname(this.#folder) });
    try {
      return await transformers.pipeline('feature-extraction', basename(this.#folder));
    } catch (error) {
      throw new ProviderDown(`the model in ${this.#folder} cannot be loaded`, { cause: error });
    }
  }
}
