import { parseArgs } from 'node:util';
import { scoreTurns } from '../../src/recall/score-turns.js';
import { Thesaurus } from '../../src/recall/thesaurus.js';
import { type Collection, candidatesOf, collect } from './offline/collection.js';
import { readChats } from './offline/dataset.js';
import { FULL, LADDER, queryOf, type Version } from './offline/ladder.js';
import { Language } from './offline/language.js';
import { head, type Measures, mean, measure, row } from './offline/measure.js';

// The score without the database around it: every turn a candidate, or those an OR query with ts_rank would have given.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ablate: { type: 'boolean', default: false }, candidates: { type: 'string' } },
});
const [file] = positionals;
if (file === undefined) throw new Error('Usage: node --import tsx bench/recall/offline.ts FILE [--ablate] [--candidates N]');

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const milliseconds = (since: number): string => `${(performance.now() - since).toFixed(0)} ms`;

type Answer = Readonly<{ category: number; measures: Measures }>;
const times: number[] = [];
const loading = performance.now();
const thesaurus = await Thesaurus.load();
print(`Thesaurus loaded in ${milliseconds(loading)}.`);

function answers(collection: Collection, version: Version, limit: number | null): Answer[] {
  const options = { weights: version.weights, neighbours: version.thesaurus ? thesaurus.neighbours : null };
  return collection.questions.map((question) => {
    const candidates = candidatesOf(collection, question, limit);
    const start = performance.now();
    const scored = scoreTurns(candidates, queryOf(question.analysis, version), collection.statistics, options);
    times.push(performance.now() - start);
    const order = scored.map(({ id }) => id);
    return { category: question.category, measures: measure(order, question.evidence) };
  });
}

function report(label: string, given: readonly Answer[]): void {
  const all = given.map(({ measures }) => measures);
  print(row(label, all, mean(all)));
}

const chats = await readChats(file);
await using language = await Language.open();
const separate: Collection[] = [];
for (const chat of chats) separate.push(await collect(chat.id, [chat], language));
const together = await collect('one tenant', chats, language);

const limits = values.candidates === undefined ? [null, 400, 200] : [Number(values.candidates)];
for (const limit of limits) {
  times.length = 0;
  const perChat = separate.map((collection) => answers(collection, FULL, limit));
  const overall = perChat.flat();
  print(head(limit === null ? 'every turn a candidate' : `best ${limit} and those around them`));
  separate.forEach(({ name }, at) => {
    report(name, perChat[at]!);
  });
  for (const category of [...new Set(overall.map(({ category }) => category))].sort()) {
    report(
      `category ${category}`,
      overall.filter((answer) => answer.category === category),
    );
  }
  report('**overall**', overall);
  report('**all in one tenant**', answers(together, FULL, limit));
  const sorted = times.toSorted((a, b) => a - b);
  print(`\nScoring: p50 ${sorted[sorted.length >> 1]?.toFixed(2)} ms, p95 ${sorted[Math.floor(sorted.length * 0.95)]?.toFixed(2)} ms.`);
}

if (values.ablate) {
  print(head('ladder, every turn a candidate'));
  for (const version of LADDER)
    report(
      version.name,
      separate.flatMap((collection) => answers(collection, version, null)),
    );
}
