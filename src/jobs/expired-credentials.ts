import { EXPIRED_GRANT_DAYS } from '../services/oauth/lifetimes.js';
import { daysBefore } from '../timestamp.js';
import { defineJob } from './define.js';
import { untilNone } from './until-none.js';

/** Keys and reset tokens that are of no use any more are still listed for so long, for whoever wonders what became of them. */
const KEY_DAYS = 90;
const RESET_DAYS = 7;
const LOCKOUT_DAYS = 1;

export default defineJob({
  name: 'expired_credentials',
  summary: 'removes bearer keys, sign-ins of clients, reset tokens and lockouts that ended long ago',
  setting: 'jobExpiredCredentials',

  async runFor(tenantId, { host, signal }) {
    const { apiTokens, oauthGrants, passwordResets, loginAttempts } = await host.systemStore(tenantId);
    const before = (days: number) => daysBefore(host.clock(), days);
    return {
      api_tokens: await untilNone(signal, (limit) => apiTokens.prune(before(KEY_DAYS), limit)),
      oauth_grants: await untilNone(signal, (limit) => oauthGrants.prune(before(EXPIRED_GRANT_DAYS), limit)),
      reset_tokens: await untilNone(signal, (limit) => passwordResets.prune(before(RESET_DAYS), limit)),
      lockouts: await untilNone(signal, (limit) => loginAttempts.pruneLockouts(before(LOCKOUT_DAYS), limit)),
    };
  },
});
