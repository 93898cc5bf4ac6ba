import { describe, expect, it } from 'vitest';
import { uriTemplate } from '../../src/mcp/uri-template.js';

const messages = uriTemplate('memory://conversations/{id}/messages{?before_seq,limit}');
const profile = uriTemplate('memory://users/{external_id}/profile');

describe('uriTemplate', () => {
  it.each([
    ['memory://conversations/7/messages', { id: '7' }],
    ['memory://conversations/7/messages?limit=5', { id: '7', limit: '5' }],
    ['memory://conversations/7/messages?limit=5&before_seq=9', { id: '7', limit: '5', before_seq: '9' }],
    ['memory://conversations/7/messages?limit=', { id: '7', limit: '' }],
  ])('matches %s', (uri, values) => {
    expect(messages.match(uri)).toEqual(values);
  });

  it('decodes what is percent-encoded, and nothing else', () => {
    expect(profile.match('memory://users/feishu%3Agroup%3Auser+1%2F2/profile')).toEqual({ external_id: 'feishu:group:user+1/2' });
    expect(profile.match('memory://users/%E6%BC%A2/profile')).toEqual({ external_id: '漢' });
  });

  it.each([
    'memory://conversations//messages',
    'memory://conversations/7/8/messages',
    'memory://conversations/7/messages/',
    'memory://conversations/7/messages?other=1',
    'memory://conversations/7/messages?limit=1&limit=2',
    'memory://conversations/7/messages#here',
    'xmemory://conversations/7/messages',
    'memory://conversations/%zz/messages',
    'memory://conversations/%00/messages',
  ])('does not match %s', (uri) => {
    expect(messages.match(uri)).toBeNull();
  });

  it('takes the other characters of a template as they are', () => {
    expect(uriTemplate('memory://stats').match('memory://stats')).toEqual({});
    expect(uriTemplate('a.b/{c}').match('axb/1')).toBeNull();
  });
});
