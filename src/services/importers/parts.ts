import type { ContentPart, JsonObject } from '../../repository/records.js';
import type { NewAsset } from '../../repository/turns.js';
import { isObject, type Loose, listOf, nameOf, present, textOf } from './shapes.js';

/** What a message is made of, as it is read from the blocks of its content. */
export type Pieces = { parts: ContentPart[]; toolCalls: JsonObject[]; toolResults: JsonObject[]; assets: NewAsset[] };

export const noPieces = (): Pieces => ({ parts: [], toolCalls: [], toolResults: [], assets: [] });

/**
 * Reads content as the APIs of Anthropic and OpenAI have it: a text, or blocks. What was said is text and searched; what the model
 * thought, and parts nobody here knows, are kept as they are and not searched; calls of tools and their results go beside the content.
 */
export function readBlocks(content: unknown, pieces: Pieces = noPieces()): Pieces {
  for (const block of typeof content === 'string' ? [content] : isObject(content) ? [content] : listOf(content)) {
    if (typeof block === 'string') addText(pieces, block);
    else if (isObject(block)) addBlock(pieces, block);
  }
  return pieces;
}

export function addText(pieces: Pieces, text: string): void {
  if (text.trim() !== '') pieces.parts.push({ type: 'text', text });
}

/** A part that is kept and not searched: what is searched is the `text` of a part. */
export function addSilent(pieces: Pieces, type: string, { type: _, text, ...fields }: Loose): void {
  pieces.parts.push({ ...present({ words: text }), ...fields, type });
}

/** What was not shown to the person is kept, and not found by searching; texts of it are called `type`. */
export function silenced(pieces: Pieces, type: string): Pieces {
  const quiet = noPieces();
  for (const part of pieces.parts) addSilent(quiet, part.type === 'text' ? type : part.type, part);
  return { ...pieces, parts: quiet.parts };
}

function addBlock(pieces: Pieces, block: Loose): void {
  const type = nameOf(block.type, 50) ?? 'unknown';
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      if (typeof block.text === 'string') addText(pieces, block.text);
      return;
    case 'refusal':
      if (typeof block.refusal === 'string') addText(pieces, block.refusal);
      return;
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      pieces.toolCalls.push(present({ id: block.id, name: block.name, arguments: block.input }));
      return;
    case 'tool_result':
    case 'web_search_tool_result':
    case 'mcp_tool_result':
      pieces.toolResults.push(
        present({
          tool_call_id: block.tool_use_id,
          name: block.name,
          content: resultOf(pieces, block.content),
          is_error: block.is_error === true || undefined,
        }),
      );
      return;
    case 'image':
    case 'document':
      addSource(pieces, block, type);
      return;
    case 'image_url':
    case 'input_image':
      addLink(pieces, block, isObject(block.image_url) ? block.image_url.url : block.image_url);
      return;
    default:
      addSilent(pieces, type, block);
  }
}

/** What a tool answered, its pictures apart. */
function resultOf(pieces: Pieces, content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const texts = content.filter((block) => isObject(block) && block.type === 'text' && typeof block.text === 'string');
  if (texts.length === content.length) return texts.map((block) => (block as Loose).text).join('\n');
  return content.map((block) => {
    if (!isObject(block) || block.type !== 'image') return block;
    const inner = noPieces();
    addSource(inner, block, 'image');
    pieces.assets.push(...inner.assets);
    return inner.parts[0] ?? { type: 'image' };
  });
}

/** `source` of Anthropic: bytes, a link, or text. */
function addSource(pieces: Pieces, block: Loose, type: string): void {
  const source = isObject(block.source) ? block.source : {};
  const mimeType = nameOf(source.media_type, 100) ?? (type === 'image' ? 'image/png' : 'application/octet-stream');
  const name = nameOf(block.title) ?? nameOf(block.file_name) ?? type;
  if (source.type === 'text' && typeof source.data === 'string') pieces.parts.push({ type, ...present({ name }), text: source.data });
  else if (source.type === 'url' && textOf(source.url)) {
    addAsset(pieces, { name, mimeType, uri: String(source.url) });
    pieces.parts.push({ type, name, uri: source.url });
  } else if (source.type === 'base64' && typeof source.data === 'string' && addBytes(pieces, name, mimeType, source.data)) {
    pieces.parts.push({ type, name, mime_type: mimeType });
  } else {
    const { source: _, ...rest } = block;
    addSilent(pieces, type, rest);
  }
}

const DATA_URL = /^data:([a-z0-9.+/-]+)?(?:;[a-z0-9=-]+)*;base64,/i;

function addLink(pieces: Pieces, block: Loose, url: unknown): void {
  const data = typeof url === 'string' ? DATA_URL.exec(url.slice(0, 200)) : null;
  const mimeType = data?.[1] ?? 'image/png';
  if (typeof url !== 'string') addSilent(pieces, 'image', block);
  else if (!data) {
    addAsset(pieces, { name: 'image', mimeType, uri: url });
    pieces.parts.push({ type: 'image', uri: url });
  } else if (addBytes(pieces, 'image', mimeType, url.slice(data[0].length)))
    pieces.parts.push({ type: 'image', name: 'image', mime_type: mimeType });
  else addSilent(pieces, 'image', {});
}

function addBytes(pieces: Pieces, name: string, mimeType: string, base64: string): boolean {
  if (base64.length === 0 || !/^[a-z0-9+/_-]+={0,2}$/i.test(base64)) return false;
  addAsset(pieces, { name, mimeType, data: Buffer.from(base64, 'base64') });
  return true;
}

/** A link longer than any is not one. */
export function addAsset(pieces: Pieces, asset: NewAsset): void {
  if (asset.uri === undefined || asset.uri.length <= 4000) pieces.assets.push(asset);
}
