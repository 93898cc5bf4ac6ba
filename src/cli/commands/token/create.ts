import { invalidInput } from '../../../errors.js';
import { SCOPES, type Scope } from '../../../principal.js';
import { defineCommand, flag, value } from '../../define.js';
import { momentFrom } from '../../duration.js';
import { STORAGE_SETTINGS, sameTenant, tenantOption, withTenantStore } from '../../tenant-store.js';
import { tokenView } from './token-view.js';

const ROLES = ['user', 'service', 'admin'] as const;

export default defineCommand({
  name: 'create',
  summary: 'make a bearer key and print it, this once',
  details:
    'Makes a bearer key for the HTTP server. The key is printed to stdout, alone and this once: only its hash is kept. With --user it\n' +
    'acts for that person and sees nobody else; without, for the whole tenant.',
  settings: STORAGE_SETTINGS,
  options: {
    tenant: tenantOption,
    name: value('name', 'what the key is for, to know it by later'),
    user: value('id', 'the person it acts for: external id, username or e-mail; an external id that is not known yet is made known'),
    role: value(ROLES.join('|'), 'what it may do. Default: user with --user, else service'),
    scopes: value('names', `only these of what its role may, separated by commas: ${SCOPES.join(', ')}`),
    expires: value('when', 'when it ends: after a while such as 30d or 12h, or a date. Default: never'),
    json: flag('print JSON, the key in it'),
  },
  async run(invocation) {
    const { options, output } = invocation;
    if (options.name === undefined || options.name.trim() === '' || options.name.length > 200)
      throw invalidInput('Give the key a name of up to 200 characters with --name: what it is for.');
    const name = options.name.trim();
    const role = ROLES.find((known) => known === options.role);
    if (options.role !== undefined && !role)
      throw invalidInput(`--role is ${JSON.stringify(options.role)}; allowed is ${ROLES.join(', ')}.`);
    const scopes = options.scopes === undefined ? undefined : scopesFrom(options.scopes);
    return withTenantStore(invocation, async (store, app) => {
      const expiresAt = options.expires === undefined ? null : momentFrom(options.expires, app.clock(), '--expires');
      const { key, token, newUser } = await app.apiKeys.create(store, { name, user: options.user, role, scopes, expiresAt });
      if (options.json) output.json({ key, ...tokenView(token) });
      else output.line(key);
      if (newUser) output.note(`${token.user} was not known here before, and is now.`);
      output.note(
        `This key is shown once. It is for ${token.user ?? 'everybody'} in tenant ${store.principal.tenantId}, with the role ${token.role}, ` +
          `${token.expiresAt ? `until ${token.expiresAt.toISOString()}` : 'until it is revoked'}: recollect token revoke ${token.id}${sameTenant(options)}`,
      );
      return 0;
    });
  },
});

function scopesFrom(written: string): Scope[] {
  const names = written.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(SCOPES as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw invalidInput(`--scopes names ${unknown.map((name) => JSON.stringify(name)).join(', ')}; allowed are ${SCOPES.join(', ')}.`);
  return names as Scope[];
}
