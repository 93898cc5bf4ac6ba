import { defineImporter, type ImportItem, type Rejected, rejected } from './define.js';
import { readJsonItems } from './json-items.js';
import { idOf, isObject, type Loose, momentOf, nameOf, present, textOf } from './shapes.js';
import { anyHas, sketch } from './sketch.js';

/** A dump of a LangGraph store: items with namespace (or the `prefix` of its table), key and value. */
export const langgraph = defineImporter({
  name: 'langgraph',
  title: 'LangGraph store items',
  detect(head) {
    const { top, elements, wrapped } = sketch(head);
    const places = [top, elements, wrapped.get('items')];
    return anyHas(places, 'namespace', 'key', 'value') ? 0.95 : anyHas(places, 'prefix', 'key', 'value') ? 0.9 : 0;
  },
  async *read(source) {
    for await (const { where, ...item } of readJsonItems(source, 'items')) {
      if (item.kind === 'rejected') yield { ...item, where };
      else if (isObject(item.value) && Array.isArray(item.value.items))
        for (const [at, each] of item.value.items.entries()) yield readItem(each, `items[${at}]`);
      else yield readItem(item.value, where);
    }
  },
});

/** Under which of these an item has its words; an item with none is remembered as its JSON. */
const WORDS = ['content', 'text', 'memory', 'data', 'summary', 'fact', 'value'];

function readItem(given: unknown, where: string): ImportItem | Rejected {
  if (!isObject(given)) return rejected(where, 'It is no item.');
  const namespace = namespaceOf(given);
  const key = idOf(given.key);
  if (namespace === undefined || key === undefined || given.value === undefined || given.value === null)
    return rejected(where, 'It is no item: namespace, key or value is missing.');
  const { value } = given;
  const words = wordsOf(value, 0);
  const tags = namespace.flatMap((part) => nameOf(part, 100) ?? []);
  return {
    kind: 'memory',
    where,
    id: idOf(JSON.stringify([...namespace, key])) ?? key,
    content: words ?? JSON.stringify(value),
    memoryKind: 'note',
    tags: tags.length > 0 ? [...new Set(tags)].slice(0, 50) : undefined,
    occurredAt: momentOf(given.created_at ?? given.createdAt),
    updatedAt: momentOf(given.updated_at ?? given.updatedAt),
    metadata: {
      ...{ namespace, key },
      ...present({ updated_at: given.updated_at ?? given.updatedAt }),
      // Whatever stands beside the words.
      ...(words !== undefined && typeof value !== 'string' && { value }),
    },
  };
}

function namespaceOf({ namespace, prefix }: Loose): string[] | undefined {
  const path = namespace ?? prefix;
  if (typeof path === 'string') return path.split('.');
  return Array.isArray(path) && path.every((part) => typeof part === 'string') ? path : undefined;
}

/** Memories are often wrapped: `{ kind: 'Memory', content: { content: '…' } }`. */
function wordsOf(value: unknown, depth: number): string | undefined {
  if (!isObject(value) || depth > 2) return textOf(value);
  for (const name of WORDS) {
    const words = Object.hasOwn(value, name) ? wordsOf(value[name], depth + 1) : undefined;
    if (words !== undefined) return words;
  }
  return undefined;
}
