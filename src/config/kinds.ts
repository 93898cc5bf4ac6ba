import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { z } from 'zod';

/** Reads a setting from its written form; the message of the one issue it raises says what is allowed. */
export type Reader<T> = z.ZodType<T, string>;

export const reader = <T>(allowed: string, read: (written: string) => T | undefined): Reader<T> =>
  z.string().transform((written, context) => {
    const value = read(written.trim());
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: allowed, input: written });
    return z.NEVER;
  });

export const text = (allowed: string, pattern: RegExp): Reader<string> =>
  reader(allowed, (written) => (pattern.test(written) ? written : undefined));

export const choice = <const T extends string>(values: readonly T[]): Reader<T> =>
  reader(values.join(', '), (written) => values.find((value) => value === written.toLowerCase()));

/** A comma-separated choice of several; `all` stands for all of them. */
export const choices = <const T extends string>(values: readonly T[]): Reader<readonly T[]> =>
  reader(`all, or a comma-separated list of ${values.join(', ')}`, (written) => {
    const names = written
      .toLowerCase()
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    if (names.includes('all')) return values;
    const chosen = values.filter((value) => names.includes(value));
    return chosen.length === new Set(names).size && chosen.length > 0 ? chosen : undefined;
  });

/** MIME types, and whole families of them. */
export const mimeTypes = (): Reader<readonly string[]> =>
  reader('MIME types separated by commas, such as image/*,application/pdf', (written) => {
    const types = written
      .toLowerCase()
      .split(',')
      .flatMap((type) => type.trim() || []);
    return types.length > 0 && types.every((type) => /^(?:\*\/\*|[a-z0-9][\w.+-]*\/(?:\*|[a-z0-9][\w.+-]*))$/.test(type))
      ? types
      : undefined;
  });

const YES = ['true', '1', 'yes', 'on'];
const NO = ['false', '0', 'no', 'off'];
export const yesNo = (): Reader<boolean> =>
  reader('true or false', (written) =>
    YES.includes(written.toLowerCase()) ? true : NO.includes(written.toLowerCase()) ? false : undefined,
  );

export const whole = (min: number, max: number): Reader<number> =>
  reader(`a whole number from ${min} to ${max}`, (written) => (/^\d{1,15}$/.test(written) ? within(Number(written), min, max) : undefined));

export const decimal = (min: number, max: number): Reader<number> =>
  reader(`a number from ${min} to ${max}`, (written) =>
    /^\d{1,6}(\.\d{1,6})?$/.test(written) ? within(Number(written), min, max) : undefined,
  );

/** Blanks at either end count: a prefix that a model was trained with may end in one. */
export const asWritten = (max: number): Reader<string> => z.string().max(max, `at most ${max} characters`);

export const httpUrl = (): Reader<string> =>
  reader('an address such as http://localhost:11434/v1', (written) =>
    URL.canParse(written) && /^https?:$/.test(new URL(written).protocol) ? written : undefined,
  );

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
};
/** A size in bytes, written plainly or with a unit. */
export const bytes = (min: number, max: number): Reader<number> =>
  reader(
    `a whole number of bytes from ${showBytes(min)} to ${showBytes(max)}; the units KiB, MiB, GiB, kB, MB and GB are understood`,
    (written) => {
      const [, digits, unit] = /^(\d{1,15})\s*([a-z]*)$/i.exec(written) ?? [];
      const factor = UNITS[(unit ?? '').toLowerCase()];
      return digits === undefined || factor === undefined ? undefined : within(Number(digits) * factor, min, max);
    },
  );

/** When something is due: a cron expression, or `off`. */
export const schedule = (): Reader<string> =>
  reader(
    'off, or a cron expression of five fields (minute, hour, day of month, month, day of week) such as */15 * * * * or 30 3 * * 1-5',
    (written) => {
      if (written.toLowerCase() === 'off') return 'off';
      // Loaded when a schedule is written: a start without one does not wait for it.
      const { validate } = createRequire(import.meta.url)('node-cron') as typeof import('node-cron');
      return validate(written) ? written : undefined;
    },
  );

/** A name of the IANA time zone database, as this machine knows it. */
export const timeZone = (): Reader<string> =>
  reader('a time zone such as UTC or Europe/Berlin', (written) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: written }).resolvedOptions().timeZone;
    } catch {
      return undefined;
    }
  });

/** A path; a leading `~` is the home folder, because clients start servers without a shell that would expand it. */
export const path = (allowed: string): Reader<string> =>
  reader(allowed, (written) => (written.includes('\0') ? undefined : written.replace(/^~(?=$|[\\/])/, homedir())));

export const postgresUrl = (): Reader<string> =>
  reader('an address such as postgresql://user:password@host:5432/database', (written) => {
    const url = URL.canParse(written) ? new URL(written) : undefined;
    return url && /^postgres(ql)?:$/.test(url.protocol) ? written : undefined;
  });

export const showBytes = (size: number): string =>
  size >= 1024 ** 3 && size % 1024 ** 3 === 0
    ? `${size / 1024 ** 3} GiB`
    : size >= 1024 ** 2 && size % 1024 ** 2 === 0
      ? `${size / 1024 ** 2} MiB`
      : size >= 1024 && size % 1024 === 0
        ? `${size / 1024} KiB`
        : `${size}`;

const within = (value: number, min: number, max: number): number | undefined => (value >= min && value <= max ? value : undefined);
