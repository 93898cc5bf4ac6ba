/** SQL expressions, usually placeholders such as `$4`, for what a reader asks to see. */
export type MemoryView = Readonly<{
  /** timestamptz: the clock of the call. */
  now: string;
  /** timestamptz or null: what was true then, instead of what is true now. */
  asOf: string;
  /** boolean: also what was superseded and what is no longer true. */
  includeSuperseded: string;
  /** boolean: also what has expired. */
  includeExpired: string;
}>;

/**
 * Which rows of `episodic_memories m` a reader sees, beside tenant and user. By default what is not deleted, not expired, not
 * superseded and not past the end of its valid time; what becomes true later is there already. With `asOf` what was true at
 * that moment, superseded since or not: its valid time, or else when it happened, had begun and had not ended.
 */
export const memoryIsVisible = ({ now, asOf, includeSuperseded, includeExpired }: MemoryView): string => `(
  m.deleted_at is null
  and (${includeExpired}::boolean or m.expires_at is null or m.expires_at > ${now}::timestamptz)
  and case
    when ${asOf}::timestamptz is not null then
      coalesce(m.valid_from, m.occurred_at, '-infinity') <= ${asOf}::timestamptz and (m.valid_to is null or m.valid_to > ${asOf}::timestamptz)
    else ${includeSuperseded}::boolean
      or (m.superseded_by_id is null and (m.valid_to is null or m.valid_to > ${now}::timestamptz))
  end)`;
