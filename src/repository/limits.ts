/** Sizes that configuration sets and the repository enforces. */
export type Limits = Readonly<{
  /** Largest message as stored, in bytes of UTF-8 (content, tool calls and tool results together). */
  maxMessageBytes: number;
  /** Largest attachment, in bytes. */
  maxAssetBytes: number;
  /** Kinds of attachments that are taken, in lower case; `image/*` is all of a family. Without it any is. */
  assetTypes?: readonly string[] | undefined;
}>;

/** Whether an attachment of this MIME type is taken; what follows the type, such as a charset, does not matter. */
export function takesAsset({ assetTypes = ['*/*'] }: Limits, mimeType: string): boolean {
  const type = mimeType.split(';', 1)[0]!.trim().toLowerCase();
  return assetTypes.some((taken) => taken === '*/*' || taken === type || (taken.endsWith('/*') && type.startsWith(taken.slice(0, -1))));
}
