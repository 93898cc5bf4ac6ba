import { readToEnd } from '../../../repository/page.js';
import { defineCommand, flag } from '../../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';
import { tokenState, tokenView } from './token-view.js';

export default defineCommand({
  name: 'list',
  summary: 'list bearer keys, newest first, and when each was last used',
  settings: STORAGE_SETTINGS,
  options: { tenant: tenantOption, all: flag('revoked and expired keys too'), json: flag('print JSON') },
  run: (invocation) =>
    withTenantStore(invocation, async (store, app) => {
      const { options, output } = invocation;
      const now = app.clock();
      const all = await readToEnd((page) => store.apiTokens.list(page));
      const tokens = all.filter(({ revokedAt, expiresAt }) => options.all || !(revokedAt || (expiresAt && expiresAt <= now)));
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
