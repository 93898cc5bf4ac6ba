import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadCommonPasswords, problemsOf } from '../../src/services/accounts/password-policy.js';
import { type Bcrypt, Passwords, prehash } from '../../src/services/accounts/passwords.js';
import { SlowWork } from '../../src/services/accounts/slow-work.js';

const RULES = { passwordMinLength: 10, passwordMaxLength: 64, passwordClasses: 3 };
const OWNER = { username: 'Margarete', email: 'grete@example.org' };
const GOOD = 'Violet7.Harbour';
const CHEAP = 4;

/** Any text that can be typed, and some that cannot. */
const anyText = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.string({ unit: 'binary', maxLength: 300 }));

describe('what bcrypt is given', () => {
  it('is short, without NUL, and depends on the whole of the password', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        expect(prehash(one)).toMatch(/^[A-Za-z0-9+/]{43}=$/);
        expect(prehash(one) === prehash(other)).toBe(one.normalize('NFKC').toWellFormed() === other.normalize('NFKC').toWellFormed());
      }),
    );
  });

  it('is the same however a keyboard composes a letter', () => {
    expect(prehash('Stra\u00dfe \u00e9')).toBe(prehash('Stra\u00dfe e\u0301'));
    expect(prehash('é')).not.toBe(prehash('e'));
  });
});

describe('a password', () => {
  const passwords = new Passwords(CHEAP);

  it('matches its own hash and no other', async () => {
    const long = 'x'.repeat(100);
    const tricky = [`${long}a`, `${long}b`, 'a\0b', 'a\0c', '', 'a'.repeat(72), 'a'.repeat(73)];
    const hashes = await Promise.all(tricky.map((password) => passwords.hash(password)));
    for (const [row, hash] of hashes.entries())
      expect(await Promise.all(tricky.map((password) => passwords.matches(password, hash)))).toEqual(tricky.map((_, at) => at === row));
    expect(new Set([...hashes, await passwords.hash('')]).size).toBe(tricky.length + 1);
    expect(hashes.every((hash) => /^\$2[aby]\$04\$.{53}$/.test(hash))).toBe(true);
  });

  it('has an outdated hash after the cost was changed, up or down', async () => {
    const hash = await passwords.hash(GOOD);
    expect(await passwords.isOutdated(hash)).toBe(false);
    expect(await new Passwords(5).isOutdated(hash)).toBe(true);
    expect(await new Passwords(5).matches(GOOD, hash)).toBe(true);
  });

  it('of nobody takes the very same work, and is never right', async () => {
    const bcrypt = (await import('bcrypt')).default;
    const compared: [string, number][] = [];
    const watched: Bcrypt = {
      ...bcrypt,
      compare(data, hash) {
        compared.push([data, bcrypt.getRounds(hash)]);
        return bcrypt.compare(data, hash);
      },
      hash: () => Promise.reject(new Error('Nothing is hashed to find out that nobody is there.')),
    };
    const passwords = new Passwords(6, async () => watched);
    const somebodys = await new Passwords(6).hash(GOOD);
    expect(await passwords.matches('wrong', somebodys)).toBe(false);
    expect(await passwords.matches('wrong', null)).toBe(false);
    expect(compared).toEqual([
      [prehash('wrong'), 6],
      [prehash('wrong'), 6],
    ]);
    // Also when the library says yes.
    expect(await new Passwords(6, async () => ({ ...watched, compare: async () => true })).matches('x', null)).toBe(false);
  });

  it('of nobody is really computed: the hash it is compared with is well-formed', async () => {
    const took = async (hash: string | null): Promise<number> => {
      const started = performance.now();
      await new Passwords(11).matches('wrong', hash);
      return performance.now() - started;
    };
    const somebodys = await new Passwords(11).hash(GOOD);
    // A malformed hash is refused within microseconds; 2^11 rounds take a hundred milliseconds.
    expect(await took(null)).toBeGreaterThan((await took(somebodys)) / 4);
  });
});

describe('slow work', () => {
  it('runs a few pieces at a time, lets some wait, and sends the others away', async () => {
    const work = new SlowWork(2, 3);
    let running = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    const piece = (name: number) =>
      work.admit(() =>
        work.run(async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise<void>((resolve) => ends.push(resolve));
          running -= 1;
          return name;
        }),
      );
    const pieces = Array.from({ length: 8 }, (_, name) => piece(name).catch((error: { code: string }) => error.code));
    await expect(work.admit(async () => 'in')).rejects.toMatchObject({ code: 'unavailable' });
    for (let done = 0; done < 5; done += 1) {
      ends[done]!();
      await pieces[done];
    }
    expect(await Promise.all(pieces)).toEqual([0, 1, 2, 3, 4, 'unavailable', 'unavailable', 'unavailable']);
    expect([most, running]).toEqual([2, 0]);
    expect(await work.admit(async () => 'in')).toBe('in');
  });

  it('gives its place back when it fails', async () => {
    const work = new SlowWork(1, 0);
    await expect(work.admit(() => work.run(() => Promise.reject(new Error('no'))))).rejects.toThrow('no');
    expect(await work.admit(() => work.run(async () => 'yes'))).toBe('yes');
  });
});

describe('the rules for passwords', () => {
  const problems = (password: string, rules = RULES) => problemsOf(password, OWNER, rules);

  it.each([
    ['Sh0rt.one', /at least 10 are needed/],
    [`Ab1${'xyzuv'.repeat(20)}`, /at most 64 are allowed/],
    ['only small letters here'.replaceAll(' ', ''), /at least 3 are needed/],
    [' Violet7.Harbour', /begins or ends with white space/],
    ['Violet7.Harbour\t', /begins or ends with white space/],
    ['\u3000 \t\n       ', /nothing but white space/],
    ['Aa1Aa1Aa1Aa1', /fewer than 5 different/],
    ['xMARGARETEx77', /name or address/],
    ['Grete.is.7.here', /name or address/],
    ['Password123!', /tried first/],
    ['1!Qwertyuiop!1', /tried first/],
  ])('refuse %j', async (password, rule) => {
    expect(await problems(password)).toEqual(expect.arrayContaining([expect.stringMatching(rule)]));
  });

  it('name every rule that is broken, and nothing of the password', async () => {
    const found = await problems('aaaa');
    expect(found).toHaveLength(3);
    expect(found.join()).not.toContain('aaaa');
    expect(await problems(GOOD)).toEqual([]);
    expect(await problems('пароль-для-Дома-7')).toEqual([]);
  });

  it('agree with a plain reading of them, for any text', async () => {
    const common = await loadCommonPasswords();
    expect(common.size).toBeGreaterThan(10_000);
    await fc.assert(
      fc.asyncProperty(anyText, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4 }), async (text, least, classes) => {
        const found = await problems(text, { passwordMinLength: least, passwordMaxLength: 64, passwordClasses: classes });
        const letters = Array.from(text.normalize('NFKC'));
        const says = (rule: string) => found.some((problem) => problem.includes(rule));
        expect(found.some((problem) => /^It has \d+ characters; at least/.test(problem))).toBe(letters.length < least);
        expect(says('at most')).toBe(letters.length > 64);
        expect(says('different')).toBe(new Set(letters).size < 5);
        const kinds = new Set(
          letters.map((each) => (/\p{Ll}/u.test(each) ? 'a' : /\p{Lu}/u.test(each) ? 'A' : /\p{N}/u.test(each) ? '1' : '.')),
        );
        expect(says('of these')).toBe(kinds.size < classes);
        if (common.has(text.toLowerCase())) expect(says('tried first')).toBe(true);
      }),
    );
  });

  it('refuse every common password, whatever else they ask for', async () => {
    const lenient = { passwordMinLength: 1, passwordMaxLength: 1024, passwordClasses: 1 };
    const some = [...(await loadCommonPasswords())].filter((_, at) => at % 997 === 0);
    for (const password of some) {
      expect(await problemsOf(password, { username: 'nobody' }, lenient), password).not.toEqual([]);
      expect(await problemsOf(password.toUpperCase(), { username: 'nobody' }, lenient), password).not.toEqual([]);
    }
  });
});
