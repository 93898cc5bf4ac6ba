/** What somebody wrote moves no cursor and rings no bell. */
export const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, ' ');

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar as long as `value` is of `most`, to an eighth of a character; what is not nothing can be seen. */
export function bar(value: number, most: number, width: number): string {
  if (value <= 0 || most <= 0 || width <= 0) return '';
  const eighths = Math.max(1, Math.round((Math.min(value, most) / most) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

export type ChartRow = Readonly<{ label: string; value: number; note?: string }>;

/** Labels, bars and figures in columns, no wider than `width`; a label that is too long is cut. */
export function chart(rows: readonly ChartRow[], width: number, paint: (bar: string) => string = (text) => text): string[] {
  const most = Math.max(0, ...rows.map(({ value }) => value));
  const figures = rows.map(({ value, note }) => [value.toLocaleString('en'), note].filter(Boolean).join('  '));
  const figureWidth = Math.max(0, ...figures.map((figure) => figure.length));
  const labelWidth = Math.min(
    Math.max(0, ...rows.map(({ label }) => [...label].length)),
    Math.max(8, Math.floor((width - figureWidth) * LABEL_SHARE)),
  );
  const room = Math.max(0, width - labelWidth - figureWidth - 6);
  return rows.map(({ label, value }, at) => {
    const drawn = bar(value, most, room);
    return `  ${padded(label, labelWidth)}  ${paint(drawn)}${' '.repeat(room - drawn.length)}  ${figures[at]}`;
  });
}

/** Of a narrow terminal, the part that names may take. */
const LABEL_SHARE = 0.4;

function padded(text: string, width: number): string {
  const characters = [...printable(text)];
  return characters.length > width
    ? `${characters.slice(0, width - 1).join('')}…`
    : characters.join('').padEnd(width + text.length - characters.length);
}
