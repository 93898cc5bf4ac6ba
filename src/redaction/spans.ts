/** A stretch of text that is not to be stored, and what it looks like. */
export type SecretSpan = Readonly<{ start: number; end: number; type: string }>;

/** Replaces each of the spans, which are in order and do not overlap: `withoutOverlap` makes them so. */
export function replaceSpans(text: string, spans: readonly SecretSpan[], write: (span: SecretSpan) => string): string {
  const parts: string[] = [];
  let at = 0;
  for (const span of spans) {
    parts.push(text.slice(at, span.start), write(span));
    at = span.end;
  }
  parts.push(text.slice(at));
  return parts.join('');
}

/** In order, none overlapping another: of several that begin together the longest stands, and one that reaches beyond another makes that one longer. */
export function withoutOverlap(spans: readonly SecretSpan[]): SecretSpan[] {
  const kept: SecretSpan[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = kept.at(-1);
    if (!last || span.start >= last.end) kept.push(span);
    else if (span.end > last.end) kept[kept.length - 1] = { ...last, end: span.end };
  }
  return kept;
}
