import { v7 } from 'uuid';

/** A UUIDv7: made by the application, so a write can be repeated safely; ordered by time, so inserts stay local in the index. */
export const newId = (): string => v7();

/** Whether a name has the form of an id; the database would refuse to look for another. */
export const isUuid = (name: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name);
