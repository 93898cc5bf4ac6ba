import { AppError } from '../errors.js';
import type { ConversationStatus } from './records.js';

const INACTIVE = ['inactive_timeout', 'inactive_user_terminated', 'inactive_system_terminated'] as const;

/** An active conversation ends first and is archived then; anything that ended may be reopened. */
const NEXT: Record<ConversationStatus, readonly ConversationStatus[]> = {
  active: INACTIVE,
  inactive_timeout: ['active', 'archived'],
  inactive_user_terminated: ['active', 'archived'],
  inactive_system_terminated: ['active', 'archived'],
  archived: ['active'],
};

/** What a change of status does to the row; an impossible one is refused with the possible ones named. */
export function transition(from: ConversationStatus, to: ConversationStatus, now: Date) {
  if (!NEXT[from].includes(to)) {
    throw new AppError(
      'conflict',
      `A conversation that is ${from} cannot become ${to}. From ${from} it can become: ${NEXT[from].join(', ')}.`,
      {
        hint:
          from === 'active' && to === 'archived'
            ? 'End it first, for example with inactive_user_terminated.'
            : `Choose one of ${NEXT[from].join(', ')}.`,
      },
    );
  }
  // Reopening is activity: else what was ended for want of it would end again at once.
  if (to === 'active') return { status: to, endedAt: null, archivedAt: null, lastActivityAt: now };
  return to === 'archived' ? { status: to, archivedAt: now } : { status: to, endedAt: now, archivedAt: null };
}
