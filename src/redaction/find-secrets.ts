import { readFileSync } from 'node:fs';
import { findPrivateKeys, OWN_RULES, type SecretRule } from './own-rules.js';
import { findCards } from './payment-cards.js';
import { type SecretSpan, withoutOverlap } from './spans.js';

const RULES = new URL('../../assets/secret-rules/rules.tsv', import.meta.url);

/** `words` finds a text that any rule may have something to say of. */
type Rules = Readonly<{ all: readonly SecretRule[]; words: RegExp }>;

let loaded: Rules | undefined;

/** Read with the first text that is looked at: most processes never need them. */
function rules(): Rules {
  loaded ??= load();
  return loaded;
}

function load(): Rules {
  const all = [...readFileSync(RULES, 'utf8').trimEnd().split('\n').map(parseRule), ...OWN_RULES];
  const words = new Set(all.flatMap(({ keywords }) => keywords));
  return { all, words: new RegExp([...words].map(escaped).join('|')) };
}

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function parseRule(line: string): SecretRule {
  const [type = '', flags = '', keywords = '', source = ''] = line.split('\t');
  return { type, keywords: keywords.split(','), pattern: new RegExp(source, flags) };
}

/** Keys, tokens, private keys, passwords and card numbers in a text, in order. */
export function findSecrets(text: string): SecretSpan[] {
  return withoutOverlap([...findByRules(text), ...findPrivateKeys(text), ...findCards(text)]);
}

function findByRules(text: string): SecretSpan[] {
  const { all, words } = rules();
  const lower = text.toLowerCase();
  // One look for all words takes a tenth of a look for each, and most texts have none.
  if (!words.test(lower)) return [];
  return all.filter(({ keywords }) => keywords.some((word) => lower.includes(word))).flatMap((rule) => matchesOf(rule, text));
}

function matchesOf({ type, pattern }: SecretRule, text: string): SecretSpan[] {
  const spans: SecretSpan[] = [];
  for (const { 0: whole, 1: secret = whole, index } of text.matchAll(pattern)) {
    const start = index + whole.lastIndexOf(secret);
    if (start >= (spans.at(-1)?.end ?? 0)) spans.push({ start, end: endOfToken(text, start + secret.length), type });
  }
  return spans;
}

/** A token longer than its rule knows is masked whole. */
function endOfToken(text: string, end: number): number {
  let at = end;
  while (at < text.length && /[\w-]/.test(text[at]!)) at += 1;
  return at;
}
