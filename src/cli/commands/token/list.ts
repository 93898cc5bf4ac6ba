import type { ApiTokenRecord } from '../../../repository/accounts/api-tokens.js';
import { defineCommand, flag } from '../../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';
import { tokenState, tokenView } from './token-view.js';

const PAGE = 200;

export default defineCommand({
  name: 'list',
  summary: 'list bearer keys, newest first, and when each was last used',
  settings: STORAGE_SETTINGS,
  options: { tenant: tenantOption, all: flag('revoked and expired keys too'), json: flag('print JSON') },
  run: (invocation) =>
    withTenantStore(invocation, async (store, app) => {
      const { options, output } = invocation;
      const now = app.clock();
      const tokens: ApiTokenRecord[] = [];
      for (let cursor: string | undefined; ; ) {
        const { items, nextCursor } = await store.apiTokens.list({ limit: PAGE, cursor });
        tokens.push(...items.filter(({ revokedAt, expiresAt }) => options.all || !(revokedAt || (expiresAt && expiresAt <= now))));
        if (nextCursor === null) break;
        cursor = nextCursor;
      }
      if (options.json) output.json(tokens.map(tokenView));
      else if (tokens.length === 0) output.note('There is no key. recollect token create makes one.');
      else
        for (const token of tokens) {
          output.line(`${token.id}  ${token.prefix}…  ${output.style('bold', token.name)}`);
          output.line(
            `  ${token.role}${token.user === null ? '' : ` ${token.user}`}, ${tokenState(token, now)}, ` +
              `${token.lastUsedAt ? `last used ${token.lastUsedAt.toISOString()}` : 'never used'}; ${token.scopes.join(' ')}`,
          );
        }
      return 0;
    }),
});
