import { setTimeout as sleep } from 'node:timers/promises';
import { PNG, says, WAV } from './content.js';
import type { FixtureTool } from './fixture-tool.js';

/** Between two of several messages, so that they are seen to come one by one. */
const PAUSE_MS = 50;

/** Tools whose answers have every kind of content, or come with messages before them. */
export const CONTENT_TOOLS: readonly FixtureTool[] = [
  { name: 'test_simple_text', run: async () => says('This is a simple text response for testing.') },
  { name: 'test_image_content', run: async () => ({ content: [{ type: 'image', data: PNG, mimeType: 'image/png' }] }) },
  { name: 'test_audio_content', run: async () => ({ content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] }) },
  {
    name: 'test_embedded_resource',
    run: async () => ({
      content: [
        {
          type: 'resource',
          resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' },
        },
      ],
    }),
  },
  {
    name: 'test_multiple_content_types',
    run: async () => ({
      content: [
        { type: 'text', text: 'Multiple content types test:' },
        { type: 'image', data: PNG, mimeType: 'image/png' },
        {
          type: 'resource',
          resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' },
        },
      ],
    }),
  },
  {
    name: 'test_error_handling',
    run: async () => ({ ...says('This tool intentionally returns an error for testing'), isError: true }),
  },
  {
    name: 'test_tool_with_logging',
    async run(_args, { mcpReq }) {
      for (const text of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await mcpReq.log('info', text);
        await sleep(PAUSE_MS);
      }
      return says('Logged.');
    },
  },
  {
    name: 'test_logging_tool',
    async run(_args, { mcpReq }) {
      await mcpReq.log('info', 'Only for clients that asked for a level.');
      return says('Logged.');
    },
  },
  {
    name: 'test_tool_with_progress',
    async run(_args, { mcpReq }) {
      const progressToken = mcpReq._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined)
          await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
        await sleep(PAUSE_MS);
      }
      return says('Done.');
    },
  },
  { name: 'test_streaming_elicitation', run: async () => says('Nothing was asked.') },
  {
    name: 'json_schema_2020_12_tool',
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: {
        address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } },
      },
      properties: {
        name: { type: 'string' },
        address: { $ref: '#/$defs/address' },
        contactMethod: { type: 'string', enum: ['phone', 'email'] },
        phone: { type: 'string' },
        email: { type: 'string' },
      },
      allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
      if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
      // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
      then: { required: ['phone'] },
      else: { required: ['email'] },
      additionalProperties: false,
    },
    run: async () => says('Fine.'),
  },
];
