import type { JsonObject } from './records.js';

/** A shallow merge in which a null in the patch deletes its key; the same rule as `jsonMerge` in SQL. */
export const mergeJson = (target: JsonObject, patch: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries({ ...target, ...patch }).filter(([key, value]) => !(key in patch && value === null)));
