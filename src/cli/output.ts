import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command writes: results to stdout, progress and trouble to stderr. */
export type Output = Readonly<{
  line(text?: string): void;
  json(value: unknown): void;
  /** Progress or a remark, which a pipe does not see. */
  note(text: string): void;
  /** Colours only where a person looks at them. */
  style(style: Style, text: string): string;
}>;

export const terminal: Output = {
  line: (text = '') => void process.stdout.write(`${text}\n`),
  json: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
  style: (style, text) => (process.stdout.isTTY && process.stdout.hasColors() ? styleText(style, text) : text),
};

/** Lines of names and values with the values in one column. */
export function columns(rows: readonly (readonly [string, string])[], indent = '  '): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${indent}${name.padEnd(width)}  ${text}`.trimEnd());
}
