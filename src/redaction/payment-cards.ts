import type { SecretSpan } from './spans.js';

const RUN = /\d(?:[ -]?\d){12,}/g;
const LENGTHS = { shortest: 13, longest: 19 };

/** First digits and lengths of the card networks; another number that happens to pass the check is none. */
const NETWORKS: readonly RegExp[] = [
  /^4(?:\d{12}|\d{15}|\d{18})$/,
  /^(?:5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d+$/,
  /^3[47]\d{13}$/,
  /^(?:6011|64[4-9]|65)\d+$/,
  /^(?:30[0-5]|36|38|39)\d+$/,
  /^35(?:2[89]|[3-8]\d)\d+$/,
  /^62\d+$/,
];
const SIZES = [null, [16], null, [16, 17, 18, 19], [14, 16, 17, 18, 19], [16, 17, 18, 19], [16, 17, 18, 19]] as const;

/** Payment card numbers: of a known network, of its length, and with the right check digit. Digits may be grouped. */
export function findCards(text: string): SecretSpan[] {
  const spans: SecretSpan[] = [];
  for (const { 0: run, index } of text.matchAll(RUN)) {
    // A letter or a digit group joined by something else makes it a part of another number.
    const digits = [...run.matchAll(/\d/g)].map(({ index: at }) => at);
    for (let first = 0; first + LENGTHS.shortest <= digits.length; first += 1) {
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
  NETWORKS.some((network, at) => network.test(number) && ((SIZES[at] as readonly number[] | null)?.includes(number.length) ?? true)) &&
  passesLuhn(number);

function passesLuhn(number: string): boolean {
  let sum = 0;
  for (let at = 0; at < number.length; at += 1) {
    const digit = Number(number[number.length - 1 - at]);
    const doubled = digit * 2;
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
