import { createHash } from 'node:crypto';

/** The fingerprint by which a memory is known again: case, white space and the forms one letter can be written in do not count. */
export const contentHash = (content: string): string =>
  createHash('sha256').update(content.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()).digest('hex');
