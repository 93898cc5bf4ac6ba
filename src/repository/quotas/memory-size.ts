type Measured = { content: string; title?: string | null | undefined; metadata?: object | undefined };

/** Bytes that a memory takes of `max_bytes`, as `quota-usage.ts` sums them of those that are stored. */
export const memoryBytes = ({ content, title, metadata = {} }: Measured): number =>
  Buffer.byteLength(content + (title ?? '') + JSON.stringify(metadata));
