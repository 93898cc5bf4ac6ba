import type { ImportedMessage } from './define.js';
import { messageOf } from './messages.js';
import { type Pieces, readBlocks, silenced } from './parts.js';
import { countOf, isObject, type Loose, momentOf, nameOf, present } from './shapes.js';

/** Said by the program and not by the person. */
const byProgram = (line: Loose): boolean => line.isMeta === true || line.type === 'system';

/** A line of a session as a message; undefined where it says nothing. */
export function readClaudeCodeLine(uuid: string, line: Loose): ImportedMessage | undefined {
  const message = isObject(line.message) ? line.message : {};
  const pieces = readBlocks(line.type === 'system' ? line.content : message.content);
  const usage = isObject(message.usage) ? message.usage : {};
  const onlyResults = pieces.toolResults.length > 0 && pieces.parts.length === 0;
  return messageOf(
    {
      id: uuid,
      role: byProgram(line) ? 'system' : onlyResults ? 'tool' : line.type === 'assistant' ? 'assistant' : 'user',
      type: typeOf(line, pieces),
      createdAt: momentOf(line.timestamp),
      inputTokens: countOf(usage.input_tokens),
      outputTokens: countOf(usage.output_tokens),
      metadata: present({
        model: nameOf(message.model),
        // Lines of one answer share it.
        message_id: nameOf(message.id),
        subtype: nameOf(line.subtype),
        cache_read_tokens: countOf(usage.cache_read_input_tokens),
        cache_write_tokens: countOf(usage.cache_creation_input_tokens),
      }),
    },
    byProgram(line) ? silenced(pieces, 'notice') : pieces,
  );
}

function typeOf(line: Loose, pieces: Pieces): string | undefined {
  if (line.isCompactSummary === true) return 'summary';
  if (byProgram(line)) return 'notice';
  const kinds = new Set(pieces.parts.map(({ type }) => type));
  return kinds.size === 1 && (kinds.has('thinking') || kinds.has('redacted_thinking')) && pieces.toolCalls.length === 0
    ? 'thinking'
    : undefined;
}
