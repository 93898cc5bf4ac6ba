import { invalidInput } from '../errors.js';
import { findSecrets } from './find-secrets.js';
import { findPrivate, mayHoldPrivate } from './private-stretches.js';
import { replaceSpans, type SecretSpan } from './spans.js';

export const REDACT_MODES = ['off', 'mask', 'refuse'] as const;
export type RedactMode = (typeof REDACT_MODES)[number];

/** What was taken out of a text before it was stored. */
export type Redacted = { type: string; count: number };

/** Fields with bytes or links in them, not words. */
const BINARY = new Set(['data', 'image_url', 'file_data']);

/** Takes out of what one call wants to store what must not be stored, and counts it. */
export class Redaction {
  readonly #mode: RedactMode;
  readonly #counts = new Map<string, number>();

  constructor(mode: RedactMode) {
    this.#mode = mode;
  }

  /** What was taken out; undefined for nothing. It never says what stood there. */
  get found(): Redacted[] | undefined {
    return this.#counts.size === 0 ? undefined : [...this.#counts].map(([type, count]) => ({ type, count }));
  }

  /** Stretches marked <private> go in every mode; what looks like a secret is masked or refused where the mode says so. */
  text(text: string, place: string): string {
    const open = this.#replace(text, findPrivate(text), '[private]');
    if (this.#mode === 'off') return open;
    const secrets = findSecrets(open);
    const [first] = secrets;
    if (first && this.#mode === 'refuse') {
      throw invalidInput(
        `${place} contains what looks like a secret (${first.type}), and this server stores none. Nothing was stored.`,
        'Take it out, or mark it <private>…</private>, which is never stored, and call again.',
      );
    }
    return this.#replace(open, secrets, undefined);
  }

  /** Every text inside a JSON value, which is the same value where nothing is taken out. */
  deep<T>(value: T, place: string): T {
    return this.#mode === 'off' && !holdsPrivate(value) ? value : this.#within(value, place);
  }

  #within<T>(value: T, place: string): T {
    if (typeof value === 'string') return this.text(value, place) as T;
    if (value === null || typeof value !== 'object' || value instanceof Date) return value;
    const isList = Array.isArray(value);
    const changed: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) {
      if (BINARY.has(key)) continue;
      const clean = this.#within(item, isList ? `${place}[${key}]` : `${place}.${key}`);
      if (clean !== item) changed.push([key, clean]);
    }
    if (changed.length === 0) return value;
    const clean = Object.fromEntries(changed);
    return (isList ? Object.assign([...value], clean) : { ...value, ...clean }) as T;
  }

  #replace(text: string, spans: readonly SecretSpan[], mark: string | undefined): string {
    if (spans.length === 0) return text;
    return replaceSpans(text, spans, ({ type }) => {
      this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
      return mark ?? `[redacted: ${type}]`;
    });
  }
}

/** So that what has nothing to hide is neither copied nor read twice. */
function holdsPrivate(value: unknown): boolean {
  if (typeof value === 'string') return mayHoldPrivate(value);
  if (value === null || typeof value !== 'object') return false;
  return Object.values(value).some(holdsPrivate);
}
