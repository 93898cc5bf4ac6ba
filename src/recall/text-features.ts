import { MONTHS, WEEKDAYS } from './calendar.js';

/** Without one of these nothing is asked. */
export const QUESTION_MARKS = '?？؟';
const QUESTION = new RegExp(`[${QUESTION_MARKS}](?=$|[\\s"'”’)\\]!?*_])`, 'u');
const WHEN =
  /^\s*(?:and |so )?when\b|\bwhen (?:did|was|is|were|does|do|has|had|have|will|are|would)\b|\b(?:know|remember|recall|tell me|say|said) when\b|\b(?:what|which) (?:date|day|month|year|time)\b|\bhow long ago\b/iu;

const PART_OF_DAY = 'morning|afternoon|evening|night';
const UNIT = `days?|weeks?|weekends?|months?|years?|spring|summer|autumn|fall|winter|${PART_OF_DAY}`;
const TIME = new RegExp(
  [
    '(?<![\\p{L}\\p{N}])(?:yesterday|today|tonight|tomorrow|ago|recently',
    `(?:last|next|this|past|few|couple of) (?:${UNIT}|${WEEKDAYS})`,
    // "May" is a month with its capital and a preposition or a number; alone it is mostly a verb.
    `(?:in|on|since|until|by) (?:may|march)|\\d{1,2} (?:${MONTHS})|(?:${MONTHS}) \\d{1,2}`,
    '(?:mon|tues|wednes|thurs|fri|satur|sun)days?',
    'january|february|april|june|july|august|september|october|november|december',
    '(?:19|20)\\d\\d|\\d{1,2}(?:st|nd|rd|th))(?![\\p{L}\\p{N}])',
  ].join('|'),
  'iu',
);

/** Whether something is asked in a text. */
export const isQuestion = (text: string): boolean => QUESTION.test(text);
/** Whether a query asks for a time. */
export const isWhenQuestion = (text: string): boolean => WHEN.test(text);
/** Whether a text says when something is, was or will be. */
export const holdsTimeExpression = (text: string): boolean => TIME.test(text);
