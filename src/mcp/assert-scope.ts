import { AppError } from '../errors.js';
import type { Principal, Scope } from '../principal.js';

/** A tool has one scope; what it does beyond that asks for another. */
export function assertScope({ scopes }: Principal, scope: Scope): void {
  if (scopes.has(scope)) return;
  throw new AppError('forbidden', `This connection lacks the scope ${scope}.`, { hint: 'Leave memories out.' });
}
