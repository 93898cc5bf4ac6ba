import { mayUse, type Principal, SCOPES, type Scope } from '../principal.js';
import { selectTools } from './select-tools.js';
import type { Session } from './session.js';
import { tools } from './tools/index.js';

const ANYBODY: Principal = { tenantId: '', user: null, role: 'admin', scopes: new Set(SCOPES) };
const offered = (session: Session) => selectTools(tools, { ...session, principal: ANYBODY });

/** What to ask for to use everything this server offers, administration apart. */
export const scopesInUse = (session: Session): Scope[] => {
  const used = new Set(offered(session).map(({ scope }) => scope));
  return SCOPES.filter((scope) => scope !== 'admin' && used.has(scope));
};

/** The scope a tool of this server asks for that the caller was not given and could be. */
export function scopeLacking(session: Session, name: string): Scope | undefined {
  const { principal } = session;
  const scope = offered(session).find((tool) => tool.name === name)?.scope;
  const couldHelp = scope !== undefined && mayUse({ ...principal, scopes: new Set(SCOPES) }, scope);
  return couldHelp && !principal.scopes.has(scope) ? scope : undefined;
}
