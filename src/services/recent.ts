/** What was found out lately, for a limited number of keys, each until its time is over. */
export class Recent<V> {
  readonly #most: number;
  readonly #entries = new Map<string, { value: V; until: number }>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key);
    if (entry && now < entry.until) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: V, until: number): void {
    this.#entries.delete(key);
    // A map keeps the order of insertion: the first is the oldest.
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= this.#most) this.#entries.delete(oldest);
    this.#entries.set(key, { value, until });
  }

  clear(): void {
    this.#entries.clear();
  }
}
