/**
 * Where a reader of events stands: it has read all that the snapshot `seen` saw and, when it is in the middle of what came
 * between that and `upto`, the events there up to (`xactId`, `eventSeq`).
 */
export type EventPlace = Readonly<{ seen: string; upto: string | null; xactId: string; eventSeq: string }>;

/** No transaction is older than 1. */
export const BEGINNING: EventPlace = { seen: '1:1:', upto: null, xactId: '0', eventSeq: '0' };

const SNAPSHOT = String.raw`\d{1,18}:\d{1,18}:(?:\d{1,18}(?:,\d{1,18})*)?`;
const CURSOR = new RegExp(`^(${SNAPSHOT})(?:~(${SNAPSHOT})~(\\d{1,18})\\.(\\d{1,18}))?$`);

export const writeEventCursor = ({ seen, upto, xactId, eventSeq }: EventPlace): string =>
  upto === null ? seen : `${seen}~${upto}~${xactId}.${eventSeq}`;

/** Null for what no answer has handed out. */
export function readEventCursor(cursor: string): EventPlace | null {
  if (cursor === '' || cursor === '0') return BEGINNING;
  const match = CURSOR.exec(cursor);
  if (!match) return null;
  const [, seen, upto, xactId, eventSeq] = match;
  return upto === undefined ? { ...BEGINNING, seen: seen! } : { seen: seen!, upto, xactId: xactId!, eventSeq: eventSeq! };
}
