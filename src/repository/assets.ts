import { notFound } from '../errors.js';
import { Repository } from './context.js';
import type { AssetRecord } from './records.js';
import { findAsset } from './sql/assets.js';

/** What is attached to messages: bytes that are stored here, or a link to them. */
export class AssetRepository extends Repository {
  async get(id: string): Promise<AssetRecord & { bytes: Buffer | null }> {
    const values = [this.tenantId, this.userId, id];
    const [row] = await this.context.db.query<AssetRecord & { bytes: Buffer | null }>(findAsset, values, this.context.transaction);
    if (!row) throw notFound('asset', id, 'load_history names the attachments of each message.');
    return row;
  }
}
