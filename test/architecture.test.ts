import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/** Which parts of src each part may import: read it downwards, an arrow never points up. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ['cli'],
  index: ['app', 'config', 'repository'],
  cli: ['app', 'config', 'transports', 'jobs', 'services', 'repository', 'models', 'db', 'mcp'],
  transports: ['app', 'mcp', 'services'],
  jobs: ['config', 'services', 'repository', 'models', 'db'],
  app: ['config', 'jobs', 'db', 'models', 'repository', 'services'],
  mcp: ['services', 'repository', 'models', 'search'],
  services: ['repository', 'models', 'recall', 'search'],
  repository: ['models', 'db', 'recall', 'search', 'redaction'],
  recall: ['search'],
  search: [],
  redaction: [],
  models: [],
  db: ['models'],
  config: ['db', 'redaction'],
};

/** Open to all: they know nothing of the rest. */
const LEAVES = new Set([
  'errors',
  'secret',
  'principal',
  'log',
  'metrics',
  'toolsets',
  'version',
  'ids',
  'timestamp',
  'tokens',
  'closest',
  'counted',
]);
/** Single files that parts above may import although the rest of their folder is none of their business. */
const BORDER = new Set(['db/pg-errors']);

const MAX_LINES = 300;

type Source = { file: string; part: string; text: string };

const read = (root: string): Source[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => {
      const file = path.join(root, name).replaceAll(path.sep, '/');
      return { file, part: name.split(path.sep)[0]!.replace(/\.ts$/, ''), text: readFileSync(file, 'utf8') };
    });

const sources = read('src');
const everything = ['src', 'migrations', 'seeders', 'test', 'bench'].flatMap(read);

const importsOf = ({ file, text }: Source): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, target]) =>
    path.posix.relative('src', path.posix.join(path.posix.dirname(file), target!)).replace(/\.js$/, ''),
  );

/** A file by the rules its part stands under. */
const breaks = (source: Source, target: string): boolean => {
  const to = target.split('/')[0]!;
  if (to === '..') return !/^\.\.\/(migrations|seeders)\//.test(target) || source.part !== 'db';
  if (to === source.part || LEAVES.has(to)) return false;
  if (BORDER.has(target)) return source.part === 'models';
  // The command line serves what mcp defines; only the documents are made from the definitions themselves.
  if (source.part === 'cli' && to === 'mcp') return !/^src\/cli\/(?:docs\/|commands\/generate)/.test(source.file);
  return !MAY_IMPORT[source.part]?.includes(to);
};

describe('the sources', () => {
  it('are more than a few', () => {
    expect(sources.length).toBeGreaterThan(30);
  });

  it('import downwards only', () => {
    const wrong = sources.flatMap((source) =>
      importsOf(source)
        .filter((target) => breaks(source, target))
        .map((target) => `${source.file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keep leaves free of everything but leaves', () => {
    const wrong = sources
      .filter(({ part }) => LEAVES.has(part))
      .flatMap((source) =>
        importsOf(source)
          .filter((target) => !LEAVES.has(target.split('/')[0]!))
          .map((target) => `${source.file} -> ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('read process.env in one file', () => {
    const readers = sources.filter(({ text }) => /process\s*\.\s*env\b/.test(withoutComments(text))).map(({ file }) => file);
    expect(readers.filter((file) => file !== 'src/config.ts')).toEqual([]);
  });

  it('never write to the console', () => {
    const writers = sources.filter(({ text }) => /\bconsole\s*\.\s*\w+\s*\(/.test(withoutComments(text))).map(({ file }) => file);
    expect(writers).toEqual([]);
  });

  it('export by name', () => {
    const entry = /^src\/(?:mcp\/(?:tools|resources|prompts)|cli\/commands|jobs)\//;
    const wrong = sources.filter(({ file, text }) => !entry.test(file) && /^export default/m.test(text)).map(({ file }) => file);
    expect(wrong).toEqual([]);
  });

  it('leave nothing for later', () => {
    const marked = everything.filter(({ file, text }) => !file.endsWith('architecture.test.ts') && /\b(?:TODO|FIXME|XXX)\b/.test(text));
    expect(marked.map(({ file }) => file)).toEqual([]);
  });
});

describe('every file', () => {
  it(`is at most ${MAX_LINES} lines long`, () => {
    const long = everything
      .map(({ file, text }) => ({ file, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  it('is named in kebab-case', () => {
    const wrong = everything.map(({ file }) => path.basename(file)).filter((name) => !/^[a-z0-9]+(?:[-.][a-z0-9]+)*\.tsx?$/.test(name));
    expect(wrong).toEqual([]);
  });
});

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
