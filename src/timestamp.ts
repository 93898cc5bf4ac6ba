const SHAPE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** Reads an ISO-8601 date or date-time; without an offset it is UTC. Null for anything that names no moment, such as 30 February. */
export function parseTimestamp(text: string): Date | null {
  const match = SHAPE.exec(text.trim());
  if (!match) return null;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}`;
  const utc = new Date(`${local}Z`);
  // Date rolls 30 February over into March: a date that does not read back as written was none.
  if (Number.isNaN(utc.getTime()) || utc.toISOString() !== `${local}Z`) return null;
  const offset = offsetMinutes(zone);
  if (offset === null) return null;
  const moment = new Date(utc.getTime() - offset * 60_000);
  return moment.getUTCFullYear() >= 1 && moment.getUTCFullYear() <= 9999 ? moment : null;
}

function offsetMinutes(zone: string): number | null {
  if (/^z$/i.test(zone)) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || 0);
  if (hours > 15 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

export const DAY_MS = 86_400_000;

/** The moment that is so many times 24 hours before another. */
export const daysBefore = (moment: Date, days: number): Date => new Date(moment.getTime() - days * DAY_MS);
