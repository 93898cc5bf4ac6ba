import {
  acceptedContent,
  type GetPromptResult,
  type InputRequiredResult,
  inputRequired,
  type Prompt,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { asks, PNG } from './content.js';
import { oneText } from './fixture-tool.js';

type FixturePrompt = Readonly<{
  name: string;
  takes?: readonly string[];
  render(args: Record<string, string>, context: ServerContext): GetPromptResult | InputRequiredResult;
}>;

export const FIXTURE_PROMPTS: readonly FixturePrompt[] = [
  { name: 'test_simple_prompt', render: () => asks({ type: 'text', text: 'This is a simple prompt for testing.' }) },
  {
    name: 'test_prompt_with_arguments',
    takes: ['arg1', 'arg2'],
    render: ({ arg1, arg2 }) => asks({ type: 'text', text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` }),
  },
  {
    name: 'test_prompt_with_embedded_resource',
    takes: ['resourceUri'],
    render: ({ resourceUri = '' }) =>
      asks(
        { type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } },
        { type: 'text', text: 'Please process the embedded resource above.' },
      ),
  },
  {
    name: 'test_prompt_with_image',
    render: () => asks({ type: 'image', data: PNG, mimeType: 'image/png' }, { type: 'text', text: 'Please analyze the image above.' }),
  },
  {
    name: 'test_input_required_result_prompt',
    render(_args, { mcpReq }) {
      const answer = acceptedContent<{ context: string }>(mcpReq.inputResponses, 'user_context');
      if (answer) return asks({ type: 'text', text: `Context: ${answer.context}` });
      const user_context = inputRequired.elicit({ message: 'What context should the prompt use?', requestedSchema: oneText('context') });
      return inputRequired({ inputRequests: { user_context } });
    },
  },
];

export const describeFixture = ({ name, takes = [] }: FixturePrompt): Prompt => ({
  name,
  description: 'For the conformance suite.',
  arguments: takes.map((argument) => ({ name: argument, required: true })),
});

/** Suggestions for an argument of one of them. */
export const completeFixture = (prefix: string): string[] => ['paris', 'park', 'party'].filter((word) => word.startsWith(prefix));
