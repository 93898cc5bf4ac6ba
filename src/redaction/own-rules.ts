import type { SecretSpan } from './spans.js';

/** A rule, and the words one of which must be there (in lower case) before it is tried. The first group is the secret, else all of it. */
export type SecretRule = Readonly<{ type: string; keywords: readonly string[]; pattern: RegExp }>;

/** What no rule for a service knows: forms that many services share, and secrets told by the word before them. */
export const OWN_RULES: readonly SecretRule[] = [
  { type: 'api-key', keywords: ['sk-'], pattern: /\bsk-(?=[\w-]{0,200}\d)[\w-]{20,}/g },
  { type: 'bearer-token', keywords: ['bearer'], pattern: /\bbearer\s{1,3}([\w.~+/-]{20,}={0,2})/gi },
  { type: 'password-in-url', keywords: ['://'], pattern: /\b[a-z][a-z\d+.-]{1,20}:\/\/[^\s/:@]{0,100}:([^\s/@]{1,200})@/gi },
  {
    type: 'aws-secret-key',
    keywords: ['aws', 'secret'],
    pattern: /\b(?:aws|secret)[\w -]{0,30}["']?\s{0,3}(?::|=|is)\s{0,3}["']?([A-Za-z\d/+]{40})(?![A-Za-z\d/+])/gi,
  },
  {
    type: 'password',
    keywords: ['password', 'passwd', 'pwd', 'api', 'token', 'secret'],
    // With a letter and a digit in it: "password: required" is prose.
    pattern:
      /\b(?:password|passwd|pwd|api[_ -]?key|(?:access|auth|refresh)[_ -]?token|(?:client|app)[_ -]?secret|secret[_ -]?key)["']?\s{0,3}[:=]\s{0,3}["']?((?=[^\s"',;]{0,100}\d)(?=[^\s"',;]{0,100}[A-Za-z])[^\s"',;]{8,})/gi,
  },
];

const BEGIN = /-----BEGIN[ A-Z\d_-]{0,100}?PRIVATE KEY(?: BLOCK)?-----/gi;
const END = /-----END[ A-Z\d_-]{0,100}?PRIVATE KEY(?: BLOCK)?-----/gi;

/** Private keys in PEM or PGP armour; one without its end goes to the end of the text. */
export function findPrivateKeys(text: string): SecretSpan[] {
  const spans: SecretSpan[] = [];
  let at = 0;
  for (;;) {
    BEGIN.lastIndex = at;
    const begin = BEGIN.exec(text);
    if (!begin) return spans;
    END.lastIndex = begin.index + begin[0].length;
    const end = END.exec(text);
    at = end ? end.index + end[0].length : text.length;
    spans.push({ start: begin.index, end: at, type: 'private-key' });
  }
}
