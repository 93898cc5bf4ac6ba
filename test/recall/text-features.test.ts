import { describe, expect, it } from 'vitest';
import { holdsTimeExpression, isQuestion, isWhenQuestion } from '../../src/recall/text-features.js';

describe('a text', () => {
  it.each(['How are you?', 'Really?! Yes.', 'So “why?” she asked', '你好吗？'])('asks: %s', (text) => expect(isQuestion(text)).toBe(true));
  it.each(['I am fine.', 'see https://example.org/?q=1', 'a?b:c'])('does not ask: %s', (text) => expect(isQuestion(text)).toBe(false));

  it.each(['When did she leave?', 'In what year was it?', 'Which month is best', 'how long ago was that', 'Do you know when he was born?'])(
    'asks for a time: %s',
    (text) => expect(isWhenQuestion(text)).toBe(true),
  );
  it.each(['What did she do when happy?', 'Whenever', 'Who left?'])('does not ask for a time: %s', (text) =>
    expect(isWhenQuestion(text)).toBe(false),
  );

  it.each([
    'Yesterday I ran',
    'we met last week',
    'two days ago',
    'on Friday',
    'in May',
    'since 2019',
    'on the 3rd',
    'a few months later',
    '7 May',
    'this past weekend',
  ])('says when: %s', (text) => expect(holdsTimeExpression(text)).toBe(true));
  it.each(['I may march', 'the sun is out', 'a week', 'it lasted', '12345 and 20210', 'monarch'])('does not say when: %s', (text) =>
    expect(holdsTimeExpression(text)).toBe(false),
  );
});
