import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequests,
  inputRequired,
  inputResponse,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { says } from './content.js';
import { type FixtureTool, oneText } from './fixture-tool.js';
import { readState, writeState } from './request-state.js';

const askName = inputRequired.elicit({ message: 'What is your name?', requestedSchema: oneText('name') });
const generate = (text: string) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens: 50 });
const NAMED = z.object({ name: z.string() });
const COLOURED = z.object({ color: z.string() });

/** Tools that answer with what they still need, as revision 2026-07-28 does. */
export const INPUT_REQUIRED_TOOLS: readonly FixtureTool[] = [
  {
    name: 'test_input_required_result_elicitation',
    async run(_args, { mcpReq }) {
      const person = acceptedContent(mcpReq.inputResponses, 'user_name', NAMED);
      return person ? says(`Hello, ${person.name}!`) : inputRequired({ inputRequests: { user_name: askName } });
    },
  },
  {
    name: 'test_input_required_result_sampling',
    async run(_args, { mcpReq }) {
      const answer = inputResponse(mcpReq.inputResponses, 'capital_question');
      return answer.kind === 'sampling'
        ? says(`The model said: ${JSON.stringify(answer.result.content)}`)
        : inputRequired({ inputRequests: { capital_question: generate('What is the capital of France?') } });
    },
  },
  {
    name: 'test_input_required_result_list_roots',
    async run(_args, { mcpReq }) {
      const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
      return answer.kind === 'roots'
        ? says(`Roots: ${JSON.stringify(answer.roots)}`)
        : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    },
  },
  ...['test_input_required_result_request_state', 'test_input_required_result_tampered_state'].map(
    (name): FixtureTool => ({
      name,
      async run(_args, context) {
        const state = await readState(context);
        if (state?.of === name && acceptedContent(context.mcpReq.inputResponses, 'confirm')) return says('state-ok');
        const confirm = inputRequired.elicit({
          message: 'Please confirm.',
          requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
        });
        return inputRequired({ inputRequests: { confirm }, requestState: await writeState({ of: name }) });
      },
    }),
  ),
  {
    name: 'test_input_required_result_multiple_inputs',
    async run(_args, context) {
      const { user_name, greeting, client_roots } = context.mcpReq.inputResponses ?? {};
      if (user_name && greeting && client_roots && (await readState(context))) return says('All of it has come.');
      const inputRequests = { user_name: askName, greeting: generate('Generate a greeting.'), client_roots: inputRequired.listRoots() };
      return inputRequired({ inputRequests, requestState: await writeState({ of: 'several' }) });
    },
  },
  {
    name: 'test_input_required_result_multi_round',
    async run(_args, context) {
      const { inputResponses } = context.mcpReq;
      const state = await readState(context);
      const person = acceptedContent(inputResponses, 'step1', NAMED);
      const choice = acceptedContent(inputResponses, 'step2', COLOURED);
      if (state?.of === 'step 2' && choice) return says(`${state.name} likes ${choice.color}.`);
      if (state?.of === 'step 1' && person) {
        const step2 = inputRequired.elicit({ message: 'Step 2: What is your favorite color?', requestedSchema: oneText('color') });
        return inputRequired({ inputRequests: { step2 }, requestState: await writeState({ of: 'step 2', name: person.name }) });
      }
      const step1 = inputRequired.elicit({ message: 'Step 1: What is your name?', requestedSchema: oneText('name') });
      return inputRequired({ inputRequests: { step1 }, requestState: await writeState({ of: 'step 1' }) });
    },
  },
  {
    name: 'test_input_required_result_capabilities',
    async run(_args, context) {
      if (context.mcpReq.inputResponses) return says('Answered.');
      const inputRequests = whatClientCan(context);
      return Object.keys(inputRequests).length > 0 ? inputRequired({ inputRequests }) : says('This client cannot be asked.');
    },
  },
  {
    name: 'test_missing_capability',
    async run(_args, { mcpReq }) {
      return mcpReq.inputResponses?.llm ? says('Answered.') : inputRequired({ inputRequests: { llm: generate('Say something.') } });
    },
  },
];

function whatClientCan({ mcpReq }: ServerContext): InputRequests {
  const envelope: Record<string, unknown> = { ...mcpReq.envelope };
  const { elicitation, sampling } = (envelope[CLIENT_CAPABILITIES_META_KEY] ?? {}) as ClientCapabilities;
  return { ...(elicitation && { user_name: askName }), ...(sampling && { greeting: generate('Say hello.') }) };
}
