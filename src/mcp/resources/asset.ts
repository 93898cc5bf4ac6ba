import { defineResource } from '../define.js';
import { readId } from './parameters.js';

export default defineResource<'id'>({
  name: 'asset',
  title: 'Attachment',
  description: 'An attachment of a message: its bytes, or a link where only a link is stored.',
  uriTemplate: 'memory://assets/{id}',
  mimeType: 'application/octet-stream',
  scope: 'conversations:read',

  async read({ id }, { store }) {
    const { mimeType, bytes, uri } = await store.assets.get(readId('asset', id, 'load_history names the attachments of each message.'));
    return bytes ? { mimeType, blob: bytes.toString('base64') } : { mimeType: 'text/uri-list', text: uri ?? '' };
  },
});
