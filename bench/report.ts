import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { VERSION } from '../src/version.js';
import { type Engine, type Options, sizeText } from './options.js';
import type { Timing } from './timing.js';

/** What a figure has to keep: at most so many times its floor, or so many milliseconds. */
export type Limit = { times: number } | { milliseconds: number };

export type Row = Readonly<{
  what: string;
  where: 'in process' | 'over stdio' | 'process';
  engine: Engine;
  /** Messages in the conversation; null where that means nothing. */
  size: number | null;
  measured: Timing;
  /** The same statement by a plain pg client; of a start, a Node process that does nothing. */
  floor: Timing | null;
  /** The same statement by PGlite in the measuring process itself: no thread, no socket. */
  pglite: Timing | null;
  limit: Limit | null;
}>;

const ratioOf = ({ measured, floor }: Row): number | null => floor && measured.median / floor.median;

/** Whether a row keeps its limit; null when it has none. */
export function isKept(row: Row): boolean | null {
  if (!row.limit) return null;
  return 'times' in row.limit
    ? (ratioOf(row) ?? Number.POSITIVE_INFINITY) <= row.limit.times
    : row.measured.median <= row.limit.milliseconds;
}

const HEAD = ['', 'where', 'engine', 'messages', 'median', 'p95', 'floor', 'ratio', 'PGlite', 'limit', ''];

export function tableOf(rows: readonly Row[]): string {
  const lines = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellsOf(row: Row): string[] {
  const ratio = ratioOf(row);
  const kept = isKept(row);
  return [
    row.what,
    row.where,
    row.engine,
    row.size === null ? '' : sizeText(row.size),
    ms(row.measured.median),
    ms(row.measured.p95),
    row.floor ? ms(row.floor.median) : '',
    ratio === null ? '' : `${ratio.toFixed(2)}×`,
    row.pglite ? ms(row.pglite.median) : '',
    row.limit ? ('times' in row.limit ? `${row.limit.times}×` : ms(row.limit.milliseconds)) : '',
    kept === null ? '' : kept ? 'ok' : 'OVER',
  ];
}

const ms = (time: number): string => `${time < 10 ? time.toFixed(2) : time < 100 ? time.toFixed(1) : time.toFixed(0)} ms`;

export async function writeJson(file: string, rows: readonly Row[], options: Options): Promise<void> {
  const machine = {
    node: process.version,
    platform: `${process.platform} ${release()} ${process.arch}`,
    cpus: cpus().length,
    cpu: cpus()[0]?.model,
    memory: totalmem(),
  };
  const content = {
    version: VERSION,
    at: new Date().toISOString(),
    machine,
    options: { ...options, only: [...options.only] },
    unit: 'ms',
    rows: rows.map((row) => ({ ...row, ratio: ratioOf(row), kept: isKept(row) })),
  };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
}
