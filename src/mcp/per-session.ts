import type { Session } from './session.js';

/** Works something out once for each session: over HTTP a server is made anew for every request of the same one. */
export function perSession<T>(workOut: (session: Session) => T): (session: Session) => T {
  const known = new WeakMap<Session, { value: T }>();
  return (session) => {
    let entry = known.get(session);
    if (!entry) {
      entry = { value: workOut(session) };
      known.set(session, entry);
    }
    return entry.value;
  };
}
