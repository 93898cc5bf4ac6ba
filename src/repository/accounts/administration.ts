import { AppError } from '../../errors.js';
import { Repository } from '../context.js';

/** What concerns who may come in. Whatever was listed or allowed above, nobody but an administrator gets through here. */
export abstract class AdministrativeRepository extends Repository {
  protected assertAdministrator(): void {
    const { role, user } = this.context.principal;
    if ((role === 'admin' || role === 'system') && user === null) return;
    throw new AppError('forbidden', 'Only an administrator of the tenant may do this.');
  }
}
