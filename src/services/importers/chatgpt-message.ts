import type { MessageRole } from '../../repository/records.js';
import { MESSAGE_ROLES } from '../../repository/records.js';
import type { ImportedMessage } from './define.js';
import { messageOf } from './messages.js';
import { addAsset, addSilent, addText, noPieces, type Pieces, silenced } from './parts.js';
import { idOf, isObject, type Loose, listOf, momentOf, nameOf, objectsOf, present, textOf } from './shapes.js';

/** A message of the tree under the id of its node; undefined for one that says nothing, as the placeholder at the root. */
export function readChatGptMessage(id: string, message: Loose): ImportedMessage | undefined {
  const author = isObject(message.author) ? message.author : {};
  const metadata = isObject(message.metadata) ? message.metadata : {};
  // What weighs nothing is no part of the dialogue; of tools it is only what they are asked for anew each time.
  const hidden = metadata.is_visually_hidden_from_conversation === true || (message.weight === 0 && author.role !== 'tool');
  const said = MESSAGE_ROLES.find((known) => known === author.role) ?? 'system';
  // What stands in the name of the user and was not shown to them is no turn of theirs.
  const role = hidden && said === 'user' ? 'system' : said;
  const recipient = nameOf(message.recipient);
  const pieces = noPieces();
  const attachments = objectsOf(metadata.attachments);
  const content: Loose = isObject(message.content) ? message.content : { content_type: 'text', parts: [message.content] };
  if (role === 'assistant' && recipient !== undefined && recipient !== 'all')
    pieces.toolCalls.push({ name: recipient, arguments: wordsOf(content) });
  else readContent(pieces, content, attachments);
  for (const { id: file, name, mime_type, mimeType, size } of attachments) {
    const uri = idOf(file) && `file-service://${idOf(file)}`;
    // What is in the dialogue as a picture is there already.
    if (uri && !pieces.assets.some((asset) => asset.uri?.endsWith(`/${idOf(file)}`)))
      addAsset(pieces, { name: nameOf(name) ?? 'attachment', mimeType: nameOf(mime_type ?? mimeType) ?? 'application/octet-stream', uri });
    else if (!uri) addSilent(pieces, 'file', present({ name, size }));
  }
  if (isObject(metadata.user_context_message_data)) addSilent(pieces, 'context', metadata.user_context_message_data);

  return messageOf(
    {
      id,
      role,
      author: role === 'tool' ? nameOf(author.name) : undefined,
      type: typeOf(role, content, hidden),
      createdAt: momentOf(message.create_time) ?? momentOf(message.update_time),
      metadata: {
        model: metadata.model_slug,
        hidden: hidden || undefined,
        role: role === author.role ? undefined : author.role,
        voice: metadata.voice_mode_message === true || undefined,
        status: message.status === 'finished_successfully' ? undefined : message.status,
      },
    },
    hidden ? silenced(pieces, 'context') : pieces,
  );
}

function typeOf(role: MessageRole, { content_type }: Loose, hidden: boolean): string | undefined {
  if (content_type === 'thoughts' || content_type === 'reasoning_recap') return 'thinking';
  if (content_type === 'user_editable_context' || content_type === 'model_editable_context' || hidden) return 'context';
  return role === 'tool' ? 'tool_result' : undefined;
}

function readContent(pieces: Pieces, content: Loose, attachments: readonly Loose[]): void {
  const { content_type: type = 'text' } = content;
  if (type === 'text' || type === 'multimodal_text') {
    for (const part of listOf(content.parts)) {
      if (typeof part === 'string') addText(pieces, part);
      else if (isObject(part)) readPart(pieces, part, attachments);
    }
    if (typeof content.text === 'string') addText(pieces, content.text);
  } else if (type === 'code' || type === 'execution_output' || type === 'system_error') addText(pieces, wordsOf(content));
  else if (type === 'tether_browsing_display') addText(pieces, textOf(content.result) ?? textOf(content.summary) ?? '');
  else if (type === 'tether_quote' || type === 'sonic_webpage')
    addText(pieces, [content.title, content.url, content.text].filter((text) => textOf(text)).join('\n'));
  else {
    // Thoughts, custom instructions and what is yet to come: kept, and not taken for something that was said.
    const { content_type: _, ...rest } = content;
    const fields = present(rest);
    if (Object.keys(fields).length > 0) addSilent(pieces, nameOf(type, 50) ?? 'unknown', fields);
  }
}

function readPart(pieces: Pieces, part: Loose, attachments: readonly Loose[]): void {
  const type = nameOf(part.content_type, 50) ?? 'unknown';
  const pointer = textOf(part.asset_pointer);
  if (type === 'audio_transcription') addText(pieces, textOf(part.text) ?? '');
  else if (pointer !== undefined) {
    const file = attachments.find(({ id }) => typeof id === 'string' && pointer.endsWith(`/${id}`));
    const name = nameOf(file?.name) ?? nameOf(pointer.split('/').at(-1)) ?? 'image';
    const kind = type.startsWith('image') ? 'image/png' : type.startsWith('audio') ? 'audio/wav' : 'application/octet-stream';
    const prompt = isObject(part.metadata) && isObject(part.metadata.dalle) ? textOf(part.metadata.dalle.prompt) : undefined;
    addAsset(pieces, { name, mimeType: nameOf(file?.mime_type) ?? nameOf(file?.mimeType) ?? kind, uri: pointer });
    const { asset_pointer: uri, width, height } = part;
    pieces.parts.push({ ...present({ name, uri, width, height, prompt }), type: type.startsWith('image') ? 'image' : type });
  } else addSilent(pieces, type, part);
}

/** All the words of a content, whatever its kind. */
const wordsOf = ({ text, parts, result }: Loose): string =>
  textOf(text) ??
  textOf(result) ??
  listOf(parts)
    .filter((part) => typeof part === 'string')
    .join('\n');
