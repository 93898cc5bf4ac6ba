/** A household of three with two assistants, over six weeks: small enough to read, with something for every table people look at. */
export const demo: Demo = {
  users: [
    { externalId: 'mara', displayName: 'Mara Lindqvist', profile: { language: 'en', timezone: 'Europe/Stockholm', diet: 'gluten-free' } },
    { externalId: 'jonas', displayName: 'Jonas Lindqvist', profile: { language: 'en', timezone: 'Europe/Stockholm' } },
    { externalId: 'ida', displayName: 'Ida Lindqvist', profile: { language: 'en', age: 10 } },
  ],
  devices: [
    { externalId: 'kitchen-tablet', platform: 'web', name: 'Kitchen tablet' },
    { externalId: 'mara-laptop', platform: 'desktop', name: "Mara's laptop" },
  ],
  conversations: [
    {
      key: 'demo:lisbon',
      user: 'mara',
      device: 'mara-laptop',
      title: 'A long weekend in Lisbon',
      topic: 'travel',
      summary: 'Mara and Jonas fly to Lisbon on 6 November with Ida. Hotel in Graça is booked; dinner on Saturday at a gluten-free place.',
      status: 'active',
      messages: [
        [
          '2026-10-05T18:02:00Z',
          'user',
          'We want to go to Lisbon for a long weekend in November, the three of us. Which part of town is quiet?',
        ],
        [
          '2026-10-05T18:02:09Z',
          'assistant',
          'Graça and Estrela are quiet in the evening and still walkable. Graça has the better views; Estrela has a big garden for Ida.',
        ],
        ['2026-10-05T18:04:30Z', 'user', 'Graça then. I cannot eat gluten, so please find somewhere for Saturday dinner.'],
        [
          '2026-10-05T18:04:36Z',
          'assistant',
          'Let me look for restaurants.',
          { toolCalls: [{ id: 'call_1', name: 'find_restaurants', arguments: { city: 'Lisbon', diet: 'gluten-free', day: 'Saturday' } }] },
        ],
        [
          '2026-10-05T18:04:38Z',
          'tool',
          'Two places with a table for three on Saturday at 19:00.',
          { toolResults: [{ id: 'call_1', content: '["Zarzuela", "Despensa N.6"]' }] },
        ],
        [
          '2026-10-05T18:04:45Z',
          'assistant',
          'Zarzuela bakes everything without gluten and has a table for three at 19:00. Shall I note it?',
        ],
        ['2026-10-05T18:05:20Z', 'user', 'Yes. We fly on Friday the 6th of November and come back on Monday.'],
        ['2026-10-05T18:05:27Z', 'assistant', 'Noted: Lisbon from Friday 6 to Monday 9 November, dinner at Zarzuela on Saturday at 19:00.'],
        ['2026-11-02T07:41:00Z', 'user', 'Remind me what we planned for Saturday evening?'],
        [
          '2026-11-02T07:41:06Z',
          'assistant',
          'Dinner at Zarzuela at 19:00, a table for three. It is twelve minutes on foot from the hotel in Graça.',
        ],
      ],
    },
    {
      key: 'demo:boiler',
      user: 'jonas',
      device: 'kitchen-tablet',
      title: 'The boiler loses pressure',
      topic: 'house',
      summary: 'Pressure fell overnight; a radiator valve leaked. The plumber replaced it on 21 October.',
      status: 'archived',
      messages: [
        ['2026-10-18T06:50:00Z', 'user', 'The boiler shows 0.4 bar again. I filled it to 1.5 yesterday.'],
        [
          '2026-10-18T06:50:08Z',
          'assistant',
          'Falling that fast means water leaves the system. Check the radiator valves for drips first, then the overflow pipe outside.',
        ],
        ['2026-10-18T07:15:00Z', 'user', 'Found it, the valve in the bathroom is wet.'],
        [
          '2026-10-18T07:15:07Z',
          'assistant',
          'Put a towel and a bowl under it and keep the pressure at 1.2 bar until the valve is replaced.',
        ],
        ['2026-10-21T15:30:00Z', 'user', 'The plumber from Berg & Son replaced the valve today. It cost 1,450 kronor.'],
        ['2026-10-21T15:30:06Z', 'assistant', 'Good. If it still shows 1.5 bar on Saturday, the leak was the valve and nothing else.'],
      ],
    },
    {
      key: 'demo:piano',
      user: 'mara',
      device: 'kitchen-tablet',
      title: "Ida's piano lessons",
      topic: 'school',
      summary: null,
      status: 'inactive_timeout',
      messages: [
        ['2026-10-26T16:10:00Z', 'user', "Ida's piano lesson moves from Tuesday to Thursday at 16:30, starting next week."],
        [
          '2026-10-26T16:10:05Z',
          'assistant',
          'Thursday at 16:30 from 5 November on. That week you are about to fly to Lisbon the day after.',
        ],
        ['2026-10-26T16:12:00Z', 'user', 'Right. She practises the Bach minuet in G, the recital is on 13 December.'],
        ['2026-10-26T16:12:06Z', 'assistant', 'The recital on Sunday 13 December is in mind, and the minuet in G with it.'],
      ],
    },
    {
      key: 'demo:bread',
      user: 'jonas',
      device: 'kitchen-tablet',
      title: 'Gluten-free bread',
      topic: 'cooking',
      summary: null,
      status: 'active',
      messages: [
        ['2026-11-14T09:20:00Z', 'user', 'Yesterday the gluten-free loaf collapsed. I used 500 g of rice flour and 10 g of psyllium.'],
        [
          '2026-11-14T09:20:09Z',
          'assistant',
          'Rice flour alone has nothing to hold it. Take 20 g of psyllium, and replace 150 g of the rice flour by buckwheat.',
        ],
        ['2026-11-14T13:45:00Z', 'user', 'Much better, it kept its shape. Mara likes the buckwheat.'],
        ['2026-11-14T13:45:05Z', 'assistant', 'Then that is the recipe: 350 g rice flour, 150 g buckwheat, 20 g psyllium.'],
      ],
    },
  ],
  memories: [
    {
      clientId: 'demo:diet',
      user: 'mara',
      conversation: 'demo:lisbon',
      kind: 'preference',
      title: 'Diet',
      content: 'Mara does not eat gluten.',
      tags: ['food', 'health'],
      importance: 0.9,
      at: '2026-10-05T18:05:30Z',
    },
    {
      clientId: 'demo:lisbon-dates',
      user: 'mara',
      conversation: 'demo:lisbon',
      kind: 'event',
      title: 'Lisbon',
      content: 'Mara, Jonas and Ida are in Lisbon from Friday 6 to Monday 9 November 2026.',
      tags: ['travel'],
      importance: 0.7,
      at: '2026-10-05T18:05:31Z',
    },
    {
      clientId: 'demo:plumber',
      user: 'jonas',
      conversation: 'demo:boiler',
      kind: 'fact',
      title: 'Plumber',
      content: 'Berg & Son replaced the bathroom radiator valve on 21 October 2026 for 1,450 kronor.',
      tags: ['house'],
      importance: 0.5,
      at: '2026-10-21T15:30:10Z',
    },
    {
      clientId: 'demo:recital',
      user: 'mara',
      conversation: 'demo:piano',
      kind: 'event',
      title: 'Recital',
      content: "Ida's piano recital is on Sunday 13 December 2026; she plays the Bach minuet in G.",
      tags: ['school', 'music'],
      importance: 0.8,
      at: '2026-10-26T16:12:10Z',
    },
    {
      clientId: 'demo:bread',
      user: 'jonas',
      conversation: 'demo:bread',
      kind: 'procedure',
      title: 'Gluten-free bread',
      content: 'Gluten-free bread that holds: 350 g rice flour, 150 g buckwheat flour, 20 g psyllium.',
      tags: ['food', 'recipe'],
      importance: 0.6,
      at: '2026-11-14T13:45:10Z',
    },
  ],
  nodes: [
    { key: 'Mara Lindqvist', type: 'person', observations: ['Does not eat gluten', 'Plans the travels'] },
    { key: 'Jonas Lindqvist', type: 'person', observations: ['Bakes bread'] },
    { key: 'Ida Lindqvist', type: 'person', observations: ['Ten years old', 'Plays the piano, lesson on Thursdays at 16:30'] },
    { key: 'Lisbon', type: 'place', observations: ['Visited from 6 to 9 November 2026'] },
    { key: 'Berg & Son', type: 'company', observations: ['Plumbers; replaced the bathroom valve in October 2026'] },
  ],
  edges: [
    { source: 'Mara Lindqvist', type: 'married_to', target: 'Jonas Lindqvist' },
    { source: 'Mara Lindqvist', type: 'parent_of', target: 'Ida Lindqvist' },
    { source: 'Jonas Lindqvist', type: 'parent_of', target: 'Ida Lindqvist' },
    { source: 'Mara Lindqvist', type: 'travels_to', target: 'Lisbon', validFrom: '2026-11-06T00:00:00Z' },
    { source: 'Jonas Lindqvist', type: 'customer_of', target: 'Berg & Son', validFrom: '2026-10-21T00:00:00Z' },
  ],
  tasks: [
    { user: 'mara', conversation: 'demo:piano', title: 'Order flowers for the recital', dueAt: '2026-12-11T12:00:00Z', status: 'open' },
    { user: 'jonas', conversation: 'demo:boiler', title: 'Check the boiler pressure', dueAt: '2026-10-24T08:00:00Z', status: 'done' },
    { user: 'jonas', conversation: 'demo:bread', title: 'Buy buckwheat flour', dueAt: null, status: 'open' },
  ],
};

export type Demo = {
  users: { externalId: string; displayName: string; profile: { [key: string]: unknown } }[];
  devices: { externalId: string; platform: string; name: string }[];
  conversations: DemoConversation[];
  memories: {
    clientId: string;
    user: string;
    conversation: string;
    kind: 'fact' | 'preference' | 'event' | 'procedure';
    title: string;
    content: string;
    tags: string[];
    importance: number;
    at: string;
  }[];
  nodes: { key: string; type: string; observations: string[] }[];
  edges: { source: string; type: string; target: string; validFrom?: string }[];
  tasks: { user: string; conversation: string; title: string; dueAt: string | null; status: 'open' | 'done' }[];
};

export type DemoConversation = {
  key: string;
  user: string;
  device: string;
  title: string;
  topic: string;
  summary: string | null;
  status: 'active' | 'inactive_timeout' | 'archived';
  messages: DemoMessage[];
};

type Tools = { toolCalls?: { [key: string]: unknown }[]; toolResults?: { [key: string]: unknown }[] };

/** When, who, what. */
export type DemoMessage = [at: string, role: 'user' | 'assistant' | 'tool', text: string, tools?: Tools];
