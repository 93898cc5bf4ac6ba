import type { OpenDatabase } from '../app.js';
import { AppError } from '../errors.js';

/** A tenant that was named on the command line has to be there: a slip of the pen makes none. */
export async function assertTenant({ Tenant }: OpenDatabase['models'], id: string): Promise<void> {
  if (await Tenant.findByPk(id)) return;
  throw new AppError('not_found', `There is no tenant ${JSON.stringify(id)}.`, {
    hint: 'recollect tenant list shows who is there; recollect tenant create makes one.',
  });
}
