import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Statement } from '../../src/db/database.js';
import { PACKAGE_FOLDER } from '../../src/version.js';

const SOURCES = join(PACKAGE_FOLDER, 'src');
/** A statement as it is written down; one that is made by a function is known by what it is made to. */
const WRITTEN = /\bname: (?:'([^']+)'|`([^`]+)`),\s*(?:asOwner: true,\s*|retryOn: \[[^\]]*\],\s*)*text\b/g;

const isStatement = (value: unknown): value is Statement =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Statement).text === 'string' &&
  typeof (value as Statement).name === 'string';

/** Names of statements by the places where they are. */
async function namesAndPlaces(): Promise<Map<string, string[]>> {
  const places = new Map<string, string[]>();
  const note = (name: string, place: string) => places.set(name, [...(places.get(name) ?? []), place]);
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const file of files) {
    const written = [...readFileSync(join(SOURCES, file), 'utf8').matchAll(WRITTEN)].map(([, plain, made]) => plain ?? made!);
    for (const name of written) note(name, file);
    if (!file.startsWith('repository/sql/')) continue;
    const made = Object.values((await import(join(SOURCES, file))) as Record<string, unknown>).filter(isStatement);
    for (const { name } of made) if (!written.includes(name)) note(name, file);
  }
  return places;
}

it('every statement has a name of its own: a connection that has prepared one refuses another under the same', async () => {
  const places = await namesAndPlaces();
  expect(places.size).toBeGreaterThan(200);
  expect([...places].filter(([, where]) => where.length > 1)).toEqual([]);
});
