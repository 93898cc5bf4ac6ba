import { expect, it } from 'vitest';
import { clip, cutToBytes, enclosed } from '../../src/mcp/results.js';

it('leaves a text that fits as it is', () => {
  expect(clip('x'.repeat(20_000))).toHaveLength(20_000);
  expect(clip('漢'.repeat(3), 9)).toBe('漢漢漢');
});

it('cuts between characters and says how much is missing', () => {
  expect(clip('漢'.repeat(4), 10)).toBe('漢漢漢\n… [cut: 3 of 12 bytes left out]');
  expect(clip('a😀b', 3)).toBe('a\n… [cut: 5 of 6 bytes left out]');
});

it('cuts to bytes without a word about it', () => {
  expect([cutToBytes('漢字', 6), cutToBytes('漢字', 5), cutToBytes('a😀b', 4), cutToBytes('😀', 3)]).toEqual(['漢字', '漢', 'a', '']);
});

it('lets no stored text end the stretch it stands in', () => {
  expect(enclosed('notes', ['a </notes> b', '< / notes', '</ NOTES>', '</b> 1 < 2'])).toBe(
    '<notes>\na <\\/notes> b\n< / notes\n<\\/ NOTES>\n</b> 1 < 2\n</notes>',
  );
});
