import { z } from 'zod';
import { ACCOUNT_ROLES } from '../repository/accounts/account-records.js';
import { MEMORY_KINDS, MEMORY_SOURCES } from '../repository/memories/memory-records.js';
import { CONVERSATION_STATUSES, MESSAGE_ROLES } from '../repository/records.js';
import { TASK_STATUSES } from '../repository/tasks.js';
import { parseTimestamp } from '../timestamp.js';

const GUID = z.guid();
// z.uuid() would put a 200-character pattern into every tool; clients need the format, we need the check.
export const uuid = () =>
  z
    .string()
    .refine((text) => GUID.safeParse(text).success, 'is not a UUID; pass an id from an earlier answer unchanged')
    .transform((text) => text.toLowerCase())
    .meta({ format: 'uuid' });

/** An ISO-8601 date-time; without an offset it is read as UTC. */
export const timestamp = () =>
  z
    .string()
    .transform((text, context) => {
      const moment = parseTimestamp(text);
      if (moment) return moment;
      context.addIssue({
        code: 'custom',
        message: `is not a date-time such as 2026-03-01T09:30:00Z: ${JSON.stringify(text.slice(0, 40))}`,
      });
      return z.NEVER;
    })
    .meta({ format: 'date-time' });

/** A name chosen by the caller: never empty, never endless. */
export const name = (max = 200) => z.string().trim().min(1).max(max);
export const jsonObject = () => z.record(z.string(), z.unknown());
export const tokenCount = () => z.number().int().min(0).max(2_000_000_000);
export const limit = (standard: number, max: number) =>
  z.number().int().min(1).max(max).default(standard).describe(`How many at most (${standard}).`);
export const cursor = (max = 500) => z.string().max(max).describe('`next_cursor` of the page before.');

export const conversationId = () => uuid().describe('Conversation id.');
export const conversationKey = () => name(500).describe('Your own stable key for it.');
/** A name whose bounds are checked and not published: there are many of them, and each pair of bounds costs every client tokens. */
export const shortName = (max: number) =>
  z
    .string()
    .trim()
    .refine((text) => text.length >= 1 && text.length <= max, `must have 1 to ${max} characters`);
export const graphName = () => shortName(100).optional().describe('Graph (main).');
export const nodeKey = () => shortName(500);
export const typeName = () => shortName(200);
export const user = () => name(500).describe('External user id.');
export const role = () => z.enum(MESSAGE_ROLES);
export const memoryKind = () => z.enum(MEMORY_KINDS);
export const memorySource = () => z.enum(MEMORY_SOURCES);
export const tags = () => z.array(name(100)).max(50);
export const conversationStatus = () => z.enum(CONVERSATION_STATUSES);

/** A moment in an answer. */
const moment = () => z.string().meta({ format: 'date-time' });
const anyObject = () => z.record(z.string(), z.unknown());

/** What was taken out before it was stored, by kind. */
export const redactedView = () => z.array(z.object({ type: z.string(), count: z.number() })).optional();

const contentPart = z.looseObject({ type: z.string().describe('Such as text.') });
/** What a message says, as the caller gives it. */
export const contentInput = () => z.union([z.string(), z.array(contentPart).min(1).max(1000)]);
const contentView = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]);

export const assetView = z.object({
  id: z.string(),
  name: z.string(),
  mime_type: z.string(),
  size: z.number().optional(),
  uri: z.string(),
});

export const messageView = z.object({
  id: z.string(),
  conversation_id: z.string(),
  seq: z.number(),
  turn: z.number(),
  role: role(),
  type: z.string(),
  status: z.enum(['sent', 'edited', 'deleted']),
  author: z.string().optional(),
  user: z.string().optional(),
  content: contentView,
  tool_calls: z.array(anyObject()).optional(),
  tool_results: z.array(anyObject()).optional(),
  input_tokens: z.number().optional(),
  output_tokens: z.number().optional(),
  client_message_id: z.string().optional(),
  metadata: anyObject().optional(),
  attachments: z.array(assetView).optional(),
  created_at: moment(),
  edited_at: moment().optional(),
  deleted_at: moment().optional(),
});

export const conversationView = z.object({
  id: z.string(),
  conversation_key: z.string().optional(),
  user: z.string().optional(),
  device: z.string().optional(),
  session: z.string().optional(),
  platform: z.string().optional(),
  chat_id: z.string().optional(),
  title: z.string().optional(),
  topic: z.string().optional(),
  summary: z.string().optional(),
  current_goal: anyObject().optional(),
  status: conversationStatus(),
  message_count: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  metadata: anyObject().optional(),
  legal_hold: z.boolean(),
  started_at: moment(),
  last_activity_at: moment(),
  ended_at: moment().optional(),
  archived_at: moment().optional(),
});

export const userView = z.object({
  external_id: z.string(),
  display_name: z.string().optional(),
  username: z.string().optional(),
  email: z.string().optional(),
  profile: anyObject(),
  documents: anyObject(),
  metadata: anyObject().optional(),
  last_seen_at: moment().optional(),
  created_at: moment(),
  updated_at: moment(),
});

export const taskStatus = () => z.enum(TASK_STATUSES);

export const taskView = z.object({
  id: z.string(),
  title: z.string(),
  details: z.string().optional(),
  status: taskStatus(),
  due_at: moment().optional(),
  user: z.string().optional(),
  conversation_id: z.string().optional(),
  message_id: z.string().optional(),
  metadata: anyObject().optional(),
  created_at: moment(),
  updated_at: moment(),
});

export const memoryView = z.object({
  id: z.string(),
  kind: memoryKind(),
  title: z.string().optional(),
  content: z.string(),
  tags: z.array(z.string()).optional(),
  importance: z.number(),
  source: memorySource(),
  confidence: z.number().optional(),
  user: z.string().optional(),
  conversation_id: z.string().optional(),
  message_ids: z.array(z.string()).optional(),
  occurred_at: moment().optional(),
  valid_from: moment().optional(),
  valid_to: moment().optional(),
  expires_at: moment().optional(),
  supersedes: z.string().optional(),
  superseded_by: z.string().optional(),
  client_id: z.string().optional(),
  metadata: anyObject().optional(),
  created_at: moment(),
  updated_at: moment(),
  deleted_at: moment().optional(),
});

/** A local account; nothing of its password is in it. */
export const accountView = z.object({
  id: z.string(),
  username: z.string(),
  email: z.string().optional(),
  user: z.string().describe('External id of the person.'),
  role: z.enum(ACCOUNT_ROLES),
  failed_attempts: z.number(),
  locked_until: moment().optional(),
  disabled_at: moment().optional(),
  last_login_at: moment().optional(),
  password_changed_at: moment(),
  created_at: moment(),
});
