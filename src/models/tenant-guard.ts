import { type Includeable, type Model, type ModelStatic, Op, type Sequelize } from 'sequelize';

type Where = { [key: string | symbol]: unknown };
type Options = { where?: unknown; include?: Includeable | Includeable[]; truncate?: boolean };

/** A table whose rows belong to tenants has the tenant in its primary key. */
export const isTenantOwned = (model: ModelStatic<Model>): boolean => model.rawAttributes.tenantId?.primaryKey === true;

/**
 * Refuses every query through a tenant-owned model that does not name one tenant. Sequelize joins and loads on one column,
 * and an id alone has already returned another tenant's row; a mistake of ours must fail here and not answer.
 */
export function guardTenants(sequelize: Sequelize): void {
  for (const model of Object.values(sequelize.models)) {
    if (!isTenantOwned(model)) continue;
    const check = (method: string) => (options: Options | undefined) => assertTenant(model, method, options ?? {});
    model.addHook('beforeFind', check('find'));
    model.addHook('beforeCount', check('count'));
    model.addHook('beforeBulkUpdate', check('update'));
    model.addHook('beforeBulkDestroy', check('destroy'));
    model.addHook('beforeBulkRestore', check('restore'));
    guardUnhooked(model);
  }
}

// These run no hook: sums and the like, increments, and lookups by the first column of the primary key, which is the tenant.
function guardUnhooked(model: ModelStatic<Model>): void {
  const { aggregate, increment } = model;
  Object.assign(model, {
    async aggregate(this: typeof model, attribute: never, name: string, options?: never) {
      assertTenant(model, name, options ?? {});
      return aggregate.call(this, attribute, name, options);
    },
    async increment(this: typeof model, fields: never, options: never) {
      assertTenant(model, 'increment', options ?? {});
      return increment.call(this, fields, options);
    },
    async findByPk() {
      throw refusal(model, 'findByPk', 'it compares the id with the tenant; use findOne with tenantId and id in `where`');
    },
  });
}

function assertTenant(model: ModelStatic<Model>, method: string, options: Options): void {
  if (options.truncate || !namesTenant(options.where)) throw refusal(model, method, 'put tenantId into `where`');
  for (const include of [options.include ?? []].flat()) assertJoin(model, method, include);
}

function assertJoin(model: ModelStatic<Model>, method: string, include: Includeable): void {
  const { association, model: included, as, on, where, include: nested, all } = include as { [key: string]: unknown };
  const named = typeof include === 'string' ? include : typeof association === 'string' ? association : as;
  const known = typeof named === 'string' ? model.associations[named]?.target : undefined;
  const target =
    known ?? (association as { target?: ModelStatic<Model> } | undefined)?.target ?? (included as ModelStatic<Model> | undefined);
  if (all || !target || (isTenantOwned(target) && !joinsTenant(on) && !namesTenant(where))) {
    throw refusal(model, method, `the include ${String(named ?? target?.name)} needs \`on\` with the tenant as well as the id`);
  }
  for (const inner of [(nested ?? []) as Includeable | Includeable[]].flat()) assertJoin(target, method, inner);
}

const joinsTenant = (on: unknown): boolean =>
  typeof on === 'object' && on !== null && ((on as Where).tenantId ?? (on as Where).tenant_id) != null;

function namesTenant(where: unknown): boolean {
  if (typeof where !== 'object' || where === null) return false;
  const { tenantId, tenant_id: column, [Op.and]: all } = where as Where;
  if (typeof tenantId === 'string' || typeof column === 'string') return true;
  return all === undefined ? Array.isArray(where) && where.some(namesTenant) : [all].flat().some(namesTenant);
}

const refusal = (model: ModelStatic<Model>, method: string, how: string): Error =>
  new Error(`${model.name}.${method} without its tenant: ${how}.`);
