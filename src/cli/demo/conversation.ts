export const CONVERSATION_KEY = 'demo:weekend-in-lisbon';

/** What a person asks, and how the assistant finds the answer with a tool. */
export const FIRST_TURN = [
  {
    role: 'user',
    author: 'Mara',
    content: 'I am going to Lisbon with my daughter next weekend. She cannot eat gluten. Where can we have dinner on Saturday?',
  },
  {
    role: 'assistant',
    content: 'Let me look for gluten-free kitchens near your hotel.',
    type: 'tool_call',
    tool_calls: [{ id: 'call_1', name: 'find_restaurants', arguments: { city: 'Lisbon', diet: 'gluten-free', day: 'Saturday' } }],
  },
  {
    role: 'tool',
    content: 'Despensa N.6, Rua Nova 6, open until 23:00, fully gluten-free. Casa do Bacalhau, separate kitchen on request.',
    type: 'tool_result',
    tool_results: [{ tool_call_id: 'call_1', content: { restaurants: ['Despensa N.6', 'Casa do Bacalhau'] } }],
  },
  {
    role: 'assistant',
    content: 'Despensa N.6 is fully gluten-free and open until 23:00 on Saturday. Shall I note 19:30 for two?',
    input_tokens: 412,
    output_tokens: 31,
  },
] as const;

/** How it goes on, a little later. */
export const SECOND_TURN = [
  { role: 'user', author: 'Mara', content: 'Yes please, 19:30. And remind me to pack her inhaler — she forgot it in Porto! 🎒' },
  {
    role: 'assistant',
    content: 'Noted: Despensa N.6 on Saturday at 19:30 for two, and the inhaler goes into the bag.',
    input_tokens: 468,
    output_tokens: 27,
  },
] as const;

export const CORRECTION = 'Yes please, 20:00 instead of 19:30. And remind me to pack her inhaler — she forgot it in Porto! 🎒';
