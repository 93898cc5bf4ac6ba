import type { App } from '../app.js';
import type { Session } from '../mcp/session.js';
import { type Principal, scopesOf } from '../principal.js';

/** A change of the active user reaches servers that are running within this time. */
const ASK_AGAIN_MS = 2_000;

/** Binds a session that names nobody to the tenant's active user, while there is one. */
export function withActiveUser({ storeFor, clock }: Pick<App, 'storeFor' | 'clock'>, session: Session): Session {
  const { principal } = session;
  if (principal.user !== null || principal.role !== 'service') return session;

  const ask = async (): Promise<Principal> => {
    const user = await (await storeFor(principal)).activeUser.get();
    return user === null ? principal : { ...principal, user, role: 'user', scopes: scopesOf('user') };
  };
  let asked: { at: number; answer: Promise<Principal> } | undefined;
  const current = (): Promise<Principal> => {
    const now = clock().getTime();
    if (asked && now - asked.at < ASK_AGAIN_MS) return asked.answer;
    const question = { at: now, answer: ask() };
    asked = question;
    question.answer.catch(() => {
      if (asked === question) asked = undefined;
    });
    return question.answer;
  };
  return { ...session, store: async () => storeFor(await current()) };
}
