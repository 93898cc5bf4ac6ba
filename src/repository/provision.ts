import { newId } from '../ids.js';
import type { Models } from '../models/index.js';
import type { Principal } from '../principal.js';

/** Makes the tenant, and the user a principal is bound to, if they are not there yet. Answers the user's row id. */
export async function provision({ models, principal }: { models: Models; principal: Principal }): Promise<string | null> {
  const { User } = models;
  const { tenantId, user } = principal;
  await provisionTenant(models, tenantId);
  if (user === null) return null;
  const where = { tenantId, externalId: user };
  const found = await User.findOne({ where });
  if (found) return found.id;
  // Two servers may start at once: the loser of the race reads the winner's row.
  await User.bulkCreate([{ ...where, id: newId() }], { ignoreDuplicates: true });
  return (await User.findOne({ where, rejectOnEmpty: true })).id;
}

export async function provisionTenant({ Tenant }: Models, tenantId: string): Promise<void> {
  if (!(await Tenant.findByPk(tenantId))) await Tenant.bulkCreate([{ id: tenantId, name: tenantId }], { ignoreDuplicates: true });
}
