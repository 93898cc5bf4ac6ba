import { readServerMemoryLine } from '../import-server-memory-lines.js';
import { defineImporter, type ImportItem, type Rejected } from './define.js';
import { readJsonItems } from './json-items.js';
import { anyHas, sketch } from './sketch.js';

/** The file of @modelcontextprotocol/server-memory, into the graph `main`. */
export const serverMemory = defineImporter({
  name: 'server-memory',
  title: '@modelcontextprotocol/server-memory (memory.jsonl)',
  detect(head) {
    const { top } = sketch(head);
    return anyHas([top], 'type', 'entityType', 'observations') || anyHas([top], 'type', 'from', 'to', 'relationType') ? 0.95 : 0;
  },
  async *read(source) {
    for await (const item of readJsonItems(source, 'lines')) yield item.kind === 'rejected' ? item : readLine(item.value, item.where);
  },
});

function readLine(value: unknown, where: string): ImportItem | Rejected {
  const read = readServerMemoryLine(JSON.stringify(value), 2);
  if (!read || 'problem' in read) return { kind: 'rejected', where, why: read?.problem ?? 'is empty' };
  if ('relation' in read) {
    const { from, to, relationType } = read.relation;
    return { kind: 'relation', where, source: from, target: to, type: relationType };
  }
  const { name, entityType, observations } = read.entity;
  return { kind: 'entity', where, key: name, type: entityType, observations };
}
