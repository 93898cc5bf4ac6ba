import type { Content } from './records.js';

/** The words in a message: what is searched, shown in a snippet and counted. Parts that are not text have none. */
export const contentText = (content: Content): string =>
  typeof content === 'string' ? content : content.flatMap((part) => (typeof part.text === 'string' ? [part.text] : [])).join('\n');
