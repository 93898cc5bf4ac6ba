import { invalidInput } from '../../errors.js';

export type PasswordRules = Readonly<{ passwordMinLength: number; passwordMaxLength: number; passwordClasses: number }>;
export type Owner = Readonly<{ username: string; email?: string | null | undefined }>;

const FEWEST_DIFFERENT = 5;
/** What is shorter stands in many words by chance. */
const SHORTEST = 4;

const CLASSES: readonly { name: string; pattern: RegExp }[] = [
  { name: 'small letters', pattern: /\p{Ll}/u },
  { name: 'capital letters', pattern: /\p{Lu}/u },
  { name: 'digits', pattern: /\p{N}/u },
  { name: 'other characters', pattern: /[^\p{Ll}\p{Lu}\p{N}]/u },
];

let common: Promise<ReadonlySet<string>> | undefined;

/** 49,000 passwords that everybody tries first, in small letters. Read with the first password that is chosen. */
export function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  common ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set(dictionary['passwords-common']));
  return common;
}

/** What a new password has to be, for whoever is about to choose one. */
export const rulesInWords = ({ passwordMinLength: min, passwordMaxLength: max, passwordClasses: classes }: PasswordRules): string[] => [
  `${min} to ${max} characters, at least ${FEWEST_DIFFERENT} of them different`,
  ...(classes > 1 ? [`${classes} or more of: ${CLASSES.map(({ name }) => name).join(', ')}`] : []),
  'not the name or address of the account, and no password that everybody tries first',
];

/** Every rule that a new password breaks, as a sentence each; none when it will do. */
export async function problemsOf(password: string, owner: Owner, rules: PasswordRules): Promise<string[]> {
  const text = password.normalize('NFKC');
  const length = [...text].length;
  const classes = CLASSES.filter(({ pattern }) => pattern.test(text)).length;
  const problems: (string | false)[] = [
    length < rules.passwordMinLength && `It has ${length} characters; at least ${rules.passwordMinLength} are needed.`,
    length > rules.passwordMaxLength && `It has ${length} characters; at most ${rules.passwordMaxLength} are allowed.`,
    text.trim() === '' ? 'It consists of nothing but white space.' : text !== text.trim() && 'It begins or ends with white space.',
    classes < rules.passwordClasses &&
      `It has ${classes} of these: ${CLASSES.map(({ name }) => name).join(', ')}; at least ${rules.passwordClasses} are needed.`,
    new Set(text).size < FEWEST_DIFFERENT && `It has fewer than ${FEWEST_DIFFERENT} different characters.`,
    namesOf(owner).some((name) => text.toLowerCase().includes(name)) && 'It contains the name or address of the account.',
    (await isCommon(text)) && 'It is, or hardly differs from, one of the passwords that are tried first.',
  ];
  return problems.filter((problem) => problem !== false);
}

/** Refuses a password that breaks a rule, and says all that it breaks. The password is in no message. */
export async function assertPassword(password: string, owner: Owner, rules: PasswordRules): Promise<void> {
  const problems = await problemsOf(password, owner, rules);
  if (problems.length > 0) throw invalidInput(`This password will not do.\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
}

const namesOf = ({ username, email }: Owner): string[] =>
  [username, email?.split('@')[0]].flatMap((name) => {
    const small = (name ?? '').normalize('NFKC').toLowerCase();
    return small.length >= SHORTEST ? [small] : [];
  });

/** As it stands, or without the digits and signs that people put around a word to please a rule. */
async function isCommon(text: string): Promise<boolean> {
  const known = await loadCommonPasswords();
  const small = text.toLowerCase();
  const word = small.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  return known.has(small) || (word.length >= SHORTEST && known.has(word));
}
