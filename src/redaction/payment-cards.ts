import type { SecretSpan } from './spans.js';

const RUN = /\d(?:[ -]?\d){12,}/g;
const LENGTHS = { shortest: 13, longest: 19 };

/** First digits and lengths of the card networks; another number that happens to pass the check is none. */
const NETWORKS: readonly { begins: RegExp; lengths: readonly number[] }[] = [
  { begins: /^4/, lengths: [13, 16, 19] },
  { begins: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { begins: /^3[47]/, lengths: [15] },
  { begins: /^(?:6011|64[4-9]|65)/, lengths: [16, 17, 18, 19] },
  { begins: /^(?:30[0-5]|36|38|39)/, lengths: [14, 16, 17, 18, 19] },
  { begins: /^35(?:2[89]|[3-8])/, lengths: [16, 17, 18, 19] },
  { begins: /^62/, lengths: [16, 17, 18, 19] },
];

/** Payment card numbers: of a known network, of its length, and with the right check digit. Digits may be grouped. */
export function findCards(text: string): SecretSpan[] {
  const spans: SecretSpan[] = [];
  for (const { 0: run, index } of text.matchAll(RUN)) {
    const digits = [...run.matchAll(/\d/g)].map(({ index: at }) => at);
    for (let first = 0; first + LENGTHS.shortest <= digits.length; first += 1) {
      // In the middle of a group, or right behind a letter or a point, it is a part of something else.
      const joined = first > 0 && digits[first - 1] === digits[first]! - 1;
      if (joined || (first === 0 && /[\w.]/.test(text[index - 1] ?? ' '))) continue;
      const length = cardAt(run, digits, first, text[index + run.length]);
      if (length === 0) continue;
      spans.push({ start: index + digits[first]!, end: index + digits[first + length - 1]! + 1, type: 'card-number' });
      first += length - 1;
    }
  }
  return spans;
}

/** How many digits from `first` on are a card number; 0 for none. */
function cardAt(run: string, digits: readonly number[], first: number, after: string | undefined): number {
  for (let length = LENGTHS.longest; length >= LENGTHS.shortest; length -= 1) {
    const last = digits[first + length - 1];
    if (last === undefined) continue;
    const next = last + 1 < run.length ? run[last + 1] : after;
    if (next !== undefined && /\w/.test(next)) continue;
    const number = run.slice(digits[first]!, last + 1).replace(/\D/g, '');
    if (isCard(number)) return length;
  }
  return 0;
}

const isCard = (number: string): boolean =>
  NETWORKS.some(({ begins, lengths }) => begins.test(number) && lengths.includes(number.length)) && passesLuhn(number);

function passesLuhn(number: string): boolean {
  let sum = 0;
  for (let at = 0; at < number.length; at += 1) {
    const digit = Number(number[number.length - 1 - at]);
    const doubled = digit * 2;
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
