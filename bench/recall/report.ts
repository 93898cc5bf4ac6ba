import { timingOf } from '../timing.js';
import { head, type Measures, mean, row } from './offline/measure.js';

export type Answer = Readonly<{ category: number; measures: Measures; milliseconds: number; tokens: number }>;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const line = (label: string, answers: readonly Pick<Answer, 'measures'>[]): void => {
  const all = answers.map(({ measures }) => measures);
  print(row(label, all, mean(all)));
};

/** Each chat by itself, then each kind of question, then all of them. */
export function printChats(chats: ReadonlyMap<string, readonly Answer[]>): void {
  const all = [...chats.values()].flat();
  print(head('each chat in a tenant of its own'));
  for (const [name, answers] of chats) line(name, answers);
  for (const category of [...new Set(all.map(({ category }) => category))].sort()) {
    line(
      `category ${category}`,
      all.filter((answer) => answer.category === category),
    );
  }
  line('**overall**', all);
}

export function printTogether(answers: readonly Answer[]): void {
  line('**all in one tenant**', answers);
}

export function printCosts(label: string, answers: readonly Answer[]): void {
  const { median, p95 } = timingOf(answers.map(({ milliseconds }) => milliseconds));
  const tokens = answers.reduce((sum, { tokens }) => sum + tokens, 0) / Math.max(answers.length, 1);
  print(
    `${label}: ${median.toFixed(1)} ms p50, ${p95.toFixed(1)} ms p95 a question over stdio; ${tokens.toFixed(0)} tokens in the first ten hits.`,
  );
}

export function printLadder(steps: ReadonlyMap<string, readonly Pick<Answer, 'measures'>[]>): void {
  print(head('ladder, candidates of the database'));
  for (const [name, answers] of steps) line(name, answers);
}
