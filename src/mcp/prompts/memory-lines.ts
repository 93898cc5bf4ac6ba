import type { MemoryRecord } from '../../repository/memories/memory-records.js';
import { clip, enclosed, TEXT_LIMIT } from '../results.js';

/** What surrounds the memories in a prompt. */
const FRAME_BYTES = 3_000;
const MEMORY_BYTES = 1_500;

/** Memories for a model to read, each marked with its id, times and origin: those that fit, and how many were left out. */
export function memoryLines(memories: readonly MemoryRecord[]): string {
  const lines: string[] = [];
  let room = TEXT_LIMIT - FRAME_BYTES;
  for (const { id, kind, source, user, content, createdAt, occurredAt, validFrom, validTo, importance } of memories) {
    const marks = [
      id,
      kind,
      `said by ${source}`,
      user === null ? '' : `about ${user}`,
      `stored ${createdAt.toISOString()}`,
      occurredAt ? `happened ${occurredAt.toISOString()}` : '',
      validFrom ? `true from ${validFrom.toISOString()}` : '',
      validTo ? `until ${validTo.toISOString()}` : '',
      `importance ${importance.toPrecision(2)}`,
    ];
    const line = `[${marks.filter(Boolean).join(' · ')}] ${clip(content, MEMORY_BYTES)}`;
    room -= Buffer.byteLength(line) + 1;
    if (room < 0) break;
    lines.push(line);
  }
  const left = memories.length - lines.length;
  return enclosed('memories', [...lines, ...(left > 0 ? [`(${left} more are left out here.)`] : [])]);
}
