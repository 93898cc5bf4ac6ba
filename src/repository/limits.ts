/** Sizes that configuration sets and the repository enforces. */
export type Limits = Readonly<{
  /** Largest message as stored, in bytes of UTF-8 (content, tool calls and tool results together). */
  maxMessageBytes: number;
  /** Largest attachment, in bytes. */
  maxAssetBytes: number;
}>;
