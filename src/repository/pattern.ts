/** An ilike pattern for texts that contain `words` as they stand; null for none. */
export const containing = (words: string | undefined): string | null =>
  words === undefined ? null : `%${words.replace(/[\\%_]/g, '\\$&')}%`;
