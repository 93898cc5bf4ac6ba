import type { ReadResourceResult, Resource } from '@modelcontextprotocol/server';
import { PNG } from './content.js';

type Content = { mimeType: string; text: string } | { mimeType: string; blob: string };

const FIXED: Readonly<Record<string, Content>> = {
  'test://static-text': { mimeType: 'text/plain', text: 'This is the content of the static text resource.' },
  'test://static-binary': { mimeType: 'image/png', blob: PNG },
  'test://watched-resource': { mimeType: 'text/plain', text: 'It never changes.' },
};

export const FIXTURE_RESOURCES: readonly Resource[] = Object.entries(FIXED).map(([uri, { mimeType }]) => ({
  uri,
  name: uri.slice('test://'.length),
  mimeType,
}));

export const FIXTURE_TEMPLATE = {
  name: 'template',
  uriTemplate: 'test://template/{id}/data',
  mimeType: 'application/json',
};

/** Undefined for whatever is no fixture. */
export function readFixture(uri: string): ReadResourceResult | undefined {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id !== undefined) {
    const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
    return { contents: [{ uri, mimeType: FIXTURE_TEMPLATE.mimeType, text }] };
  }
  const content = FIXED[uri];
  return content && { contents: [{ uri, ...content }] };
}
