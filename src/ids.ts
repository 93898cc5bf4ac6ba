import { v7 } from 'uuid';

/** A UUIDv7: made by the application, so a write can be repeated safely; ordered by time, so inserts stay local in the index. */
export const newId = (): string => v7();
