import type { ElicitRequestFormParams, ServerContext } from '@modelcontextprotocol/server';
import { says } from './content.js';
import { type FixtureTool, oneText } from './fixture-tool.js';

type Form = ElicitRequestFormParams['requestedSchema'];

/** Tools that ask the client while it waits, as the revisions up to 2025-11-25 do. */
export const ASKING_TOOLS: readonly FixtureTool[] = [
  {
    name: 'test_sampling',
    inputSchema: oneText('prompt'),
    async run({ prompt }, { mcpReq }) {
      const { content } = await mcpReq.requestSampling({
        messages: [{ role: 'user', content: { type: 'text', text: String(prompt) } }],
        maxTokens: 100,
      });
      return says(`LLM response: ${JSON.stringify(content)}`);
    },
  },
  {
    name: 'test_elicitation',
    inputSchema: oneText('message'),
    run: ({ message }, context) =>
      elicit(context, String(message), {
        type: 'object',
        properties: {
          username: { type: 'string', description: "User's response" },
          email: { type: 'string', description: "User's email address" },
        },
        required: ['username', 'email'],
      }),
  },
  {
    name: 'test_elicitation_sep1034_defaults',
    run: (_args, context) =>
      elicit(context, 'Every kind of field has a default.', {
        type: 'object',
        properties: {
          name: { type: 'string', default: 'John Doe' },
          age: { type: 'integer', default: 30 },
          score: { type: 'number', default: 95.5 },
          status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
          verified: { type: 'boolean', default: true },
        },
      }),
  },
  {
    name: 'test_elicitation_sep1330_enums',
    run: (_args, context) =>
      elicit(context, 'Choose.', {
        type: 'object',
        properties: {
          untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
          titledSingle: { type: 'string', oneOf: choices('Option') },
          legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
          untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
          titledMulti: { type: 'array', items: { anyOf: choices('Choice') } },
        },
      }),
  },
];

const choices = (what: string) =>
  ['First', 'Second', 'Third'].map((place, index) => ({ const: `value${index + 1}`, title: `${place} ${what}` }));

async function elicit({ mcpReq }: ServerContext, message: string, requestedSchema: Form) {
  const { action, content } = await mcpReq.elicitInput({ mode: 'form', message, requestedSchema });
  return says(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`);
}
