import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSecrets } from '../../src/redaction/find-secrets.js';
import { findCards } from '../../src/redaction/payment-cards.js';
import { Redaction } from '../../src/redaction/redaction.js';

const mask = (text: string): string => new Redaction('mask').text(text, 'it');
const strip = (text: string): string => new Redaction('off').text(text, 'it');
/** Put together here, so that no scanner takes this file for a leak. */
const join = (...parts: string[]): string => parts.join('');

const SECRETS: Record<string, string> = {
  'github-pat': join('ghp_', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'),
  'aws-access-token': join('AKIA', 'IOSFODNN7EXAMPLE'),
  'anthropic-api-key': join('sk-ant-api03-', 'aB3_-xY9z'.repeat(10), 'abcAA'),
  'api-key': join('sk-proj-', 'abc123DEF456ghi789jkl012'),
  'slack-bot-token': join('xoxb-', '123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx'),
  'gcp-api-key': join('AIza', 'SyA1234567890abcdefghijklmnopqrstuv'),
  'stripe-access-token': join('sk_live_', '4eC39HqLyjWDarjtT1zdp7dc'),
  'npm-access-token': join('npm_', 'abcdefghijklmnopqrstuvwxyz0123456789'),
  'gitlab-pat': join('glpat-', 'abcdefghij1234567890'),
  jwt: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c',
  'private-key': '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0Z3VS5JJcds3\n-----END RSA PRIVATE KEY-----',
  'card-number': '4111 1111 1111 1111',
};

describe('secrets', () => {
  it.each(Object.entries(SECRETS))('finds a %s in prose, and nothing around it', (type, secret) => {
    for (const [before, after] of [
      ['My key is ', '.'],
      ['(', '), see'],
      ['', ''],
      ['"', '"'],
      ['x\n', '\ny'],
    ] as const)
      expect(mask(`${before}${secret}${after}`)).toBe(`${before}[redacted: ${type}]${after}`);
  });

  it('finds what the word before it tells', () => {
    expect(mask('password: hunter2hunter2, ok')).toBe('password: [redacted: password], ok');
    expect(mask('{"api_key": "abcd1234efgh"}')).toBe('{"api_key": "[redacted: password]"}');
    expect(mask('curl -H "Authorization: Bearer abcdefghij0123456789xyz"')).toBe(
      'curl -H "Authorization: Bearer [redacted: bearer-token]"',
    );
    expect(mask('postgres://app:s3cr3t@db.example.com:5432/app')).toBe(
      'postgres://app:[redacted: password-in-url]@db.example.com:5432/app',
    );
    expect(mask(`aws_secret_access_key = ${'wJalrXUtnFEMI/K7MDENG/'}bPxRfiCYEXAMPLEKEY`)).toBe(
      'aws_secret_access_key = [redacted: aws-secret-key]',
    );
  });

  it('leaves ordinary text alone', () => {
    const ordinary = [
      'Ann moved to Lisbon on 2026-03-01 and pays 1.250,00 EUR.',
      'Call +351 912 345 678 or 00351912345678 after 17:30.',
      'Order 1234567890123456, tracking 1Z 999 AA1 01 2345 6784, at 1700000000000.',
      'commit b58d3f102cf3a2c84cb7f923d05c25c9b1aed84b, id 0198f7a2-5c3e-7b1a-9d2f-3a4b5c6d7e8f',
      'The password is required; api key: see the handbook.',
      'https://example.com:8080/a?b=c and mailto:ann@example.com',
      'IBAN PT50 0002 0123 1234 5678 9015 4',
      'task-sk-learn-is-a-library-with-a-long-name',
    ];
    for (const text of ordinary) expect(mask(text)).toBe(text);
  });

  it('knows cards by network, length and check digit, grouped or not', () => {
    const cards = [
      '378282246310005',
      '3714 496353 98431',
      '5555-5555-5555-4444',
      '6011111111111117',
      '30569309025904',
      '3530111333300000',
      '2223003122003222',
    ];
    for (const card of cards) expect(mask(`card ${card}!`)).toBe('card [redacted: card-number]!');
    for (const near of [
      '4111 1111 1111 1112',
      '411111111111111',
      '9111111111111111',
      'a4111111111111111',
      '4111111111111111b',
      '0.4111111111111111',
    ])
      expect(mask(near)).toBe(near);
    expect(mask('from 12 4111111111111111 to 7')).toBe('from 12 [redacted: card-number] to 7');
  });

  it('masks several, counts them by kind, and masks what is masked no further', () => {
    const redaction = new Redaction('mask');
    const text = `${SECRETS['github-pat']} and ${SECRETS['github-pat']} and ${SECRETS['card-number']}`;
    const masked = redaction.text(text, 'it');
    expect(masked).toBe('[redacted: github-pat] and [redacted: github-pat] and [redacted: card-number]');
    expect(redaction.found).toEqual([
      { type: 'github-pat', count: 2 },
      { type: 'card-number', count: 1 },
    ]);
    expect(mask(masked)).toBe(masked);
  });

  it('leaves a value as it is where nothing is taken out, and changes no value that it is given', () => {
    const given = {
      title: 'tea',
      tags: ['a', 'b'],
      parts: [
        { type: 'text', text: `x ${SECRETS['github-pat']}` },
        { type: 'note', n: 1 },
      ],
    };
    const before = structuredClone(given);
    const redaction = new Redaction('mask');
    expect(redaction.deep(given.tags, 'tags')).toBe(given.tags);
    const clean = redaction.deep(given, 'it');
    expect(clean).toEqual({
      ...before,
      parts: [
        { type: 'text', text: 'x [redacted: github-pat]' },
        { type: 'note', n: 1 },
      ],
    });
    expect(given).toEqual(before);
    expect(clean.parts[1]).toBe(given.parts[1]);
  });

  it('masks a private key without its end to the end, and tokens longer than known', () => {
    expect(mask('a -----BEGIN PRIVATE KEY-----\nMIIE')).toBe('a [redacted: private-key]');
    expect(mask(`${SECRETS['github-pat']}moreOfIt`)).toBe('[redacted: github-pat]');
  });

  it('refuses without telling what it saw', () => {
    const refuse = () => new Redaction('refuse').text(`x ${SECRETS['github-pat']}`, 'messages[0].content');
    expect(refuse).toThrow(/messages\[0\]\.content contains what looks like a secret \(github-pat\)/);
    expect(refuse).not.toThrow(/a1B2c3/);
    expect(new Redaction('refuse').text('nothing here', 'it')).toBe('nothing here');
  });

  it('finds nothing where nothing is, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const spans = findSecrets(text);
        for (const { start, end } of spans) expect(start >= 0 && start < end && end <= text.length).toBe(true);
        expect(spans.length === 0).toBe(mask(text) === text || text.includes('<private'));
      }),
    );
  });

  it('comes back from a long text, however it is made', () => {
    const hostile = [
      '-----BEGIN PRIVATE KEY-----',
      'ey',
      'ey-',
      'sk-',
      '://a:',
      'a://',
      '4',
      '4 ',
      'password:',
      'xapp-1-',
      'aws ',
      'api_key="',
      'AKIA',
      'bearer ',
      '<private>',
      '<private ',
    ];
    for (const piece of hostile) {
      // A rule whose time grows with the square of the text would not come back from this before the test is given up.
      expect(mask(piece.repeat(Math.ceil(200_000 / piece.length))).length, piece).toBeGreaterThan(0);
    }
  });

  it('sees a card in a long run of digit groups', () => {
    const text = `${'1234 '.repeat(1000)}4111 1111 1111 1111`;
    expect(findCards(text)).toEqual([{ start: 5000, end: 5019, type: 'card-number' }]);
  });
});

describe('private stretches', () => {
  it('go in every mode: nested ones, in any case, over lines, and to the end when never closed', () => {
    expect(strip('a <private>b</private> c')).toBe('a [private] c');
    expect(strip('a <PRIVATE>b\n\nb</Private > c')).toBe('a [private] c');
    expect(strip('a <private>b <private>c</private> d</private> e')).toBe('a [private] e');
    expect(strip('a <private>b')).toBe('a [private]');
    expect(strip('a <private reason="x">b</private> <private>c</private>')).toBe('a [private] [private]');
    expect(strip('a </private> b')).toBe('a </private> b');
    expect(strip('privately, <privateer> & <b>')).toBe('privately, <privateer> & <b>');
  });

  it('go from every text of a value, and bytes stay as they are', () => {
    const redaction = new Redaction('off');
    const parts = [
      { type: 'text', text: 'x <private>y</private>' },
      { type: 'image', data: '<private>' },
      { type: 'tool_result', content: [{ text: '<private>z' }] },
    ];
    expect(redaction.deep(parts, 'content')).toEqual([
      { type: 'text', text: 'x [private]' },
      { type: 'image', data: '<private>' },
      { type: 'tool_result', content: [{ text: '[private]' }] },
    ]);
    expect(redaction.found).toEqual([{ type: 'private', count: 2 }]);
    const untouched = { a: ['b'] };
    expect(redaction.deep(untouched, 'it')).toBe(untouched);
  });

  it('never leave a word of theirs behind', () => {
    const word = fc.constantFrom('out', ' ', '<b>', '\n', '</privat>');
    fc.assert(
      fc.property(fc.array(word), fc.array(fc.constantFrom('SECRET', '<private>', ' ', '<')), fc.array(word), (before, inside, after) => {
        const opened = inside.filter((piece) => piece === '<private>').length + 1;
        const text = `${before.join('')}<private>${inside.join('')}${'</private>'.repeat(opened)}${after.join('')}`;
        expect(strip(text)).toBe(`${before.join('')}[private]${after.join('')}`);
      }),
    );
  });
});
