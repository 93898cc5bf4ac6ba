export type Setting = Readonly<{ name: string; sql: string }>;

/** What a statement changes in its session, beyond the database. */
export type SqlEffect = Readonly<{
  /** SET or RESET statements, by what they set, to replay when the engine comes back to this client. */
  settings?: readonly Setting[];
  listen?: string;
  unlisten?: string;
  /** Run this instead: the statement would reach into other clients' sessions, or wait for input that cannot come. Only the multiplexer stops listening, when nobody listens any more. */
  replacement?: string;
}>;

const NONE: SqlEffect = {};
const MAX_INSPECTED_BYTES = 2048;
const CANDIDATE = /^\s*(set|reset|listen|unlisten|copy|discard|deallocate)\b/i;
const SESSION_SETTING = /^\s*(?:set|reset)\s+(?!local\b|transaction\b|constraints\b)(?:session\s+)?("[^"]+"|[\w.]+)/i;
const LISTEN = /^\s*(un)?listen\s+(?:"((?:[^"]|"")+)"|(\w+)|(\*))\s*;?\s*$/i;
const SHARED_STATE = /^\s*(discard|deallocate\s+(prepare\s+)?all)\b/i;
const COPY_FROM_CLIENT = /^\s*copy\b[\s\S]*\bfrom\s+stdin\b/i;

const refuse = (what: string): SqlEffect => ({
  replacement: `do $$ begin raise exception '${what} is not supported by the embedded engine' using errcode = '0A000'; end $$`,
});

/** Looks at the few statements that act on a session; everything else is passed over after one look at its first bytes. */
export const inspectSql = (bytes: Buffer, from: number, to: number): SqlEffect => {
  if (!CANDIDATE.test(bytes.toString('latin1', from, Math.min(to, from + 48)))) return NONE;
  if (to - from > MAX_INSPECTED_BYTES) return NONE;
  const sql = bytes.toString('utf8', from, to);
  const listen = LISTEN.exec(sql);
  if (listen) {
    const channel = listen[2]?.replaceAll('""', '"') ?? listen[3]?.toLowerCase() ?? '*';
    return listen[1] ? { unlisten: channel, replacement: 'unlisten recollect_nothing' } : { listen: channel };
  }
  if (COPY_FROM_CLIENT.test(sql)) return refuse('copy from stdin');
  if (SHARED_STATE.test(sql)) return refuse('discard or deallocate all');
  const settings = sql
    .split(';')
    .filter((part) => part.trim() !== '')
    .map((part) => ({ name: SESSION_SETTING.exec(part)?.[1]?.toLowerCase() ?? '', sql: part }));
  return settings.every(({ name }) => name !== '') ? { settings } : NONE;
};
