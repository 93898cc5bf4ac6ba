import { z } from 'zod';
import { type Entity, NAME_LENGTH, type Relation } from '../repository/graph/knowledge-graph.js';

/** One line of the file of the reference memory server, or what is wrong with it. */
export type ImportLine = { line: number } & ({ entity: Entity } | { relation: Relation } | { problem: string });

const name = z.string().min(1).max(NAME_LENGTH);
const entity = z.object({ name, entityType: z.string(), observations: z.array(z.string()) });
const relation = z.object({ from: name, to: name, relationType: name });

/** Reads a line as the reference does; undefined for a blank one. Whatever cannot be stored as it stands is a problem. */
export function readServerMemoryLine(text: string, line: number): ImportLine | undefined {
  const bare = (line === 1 ? text.replace(/^\uFEFF/, '') : text).trim();
  if (bare === '') return undefined;
  let item: unknown;
  try {
    item = JSON.parse(bare);
  } catch {
    return { line, problem: 'is not JSON' };
  }
  if (/\\u0000/.test(bare) && JSON.stringify(item).includes('\\u0000')) return { line, problem: 'holds a NUL character' };
  const type = item !== null && typeof item === 'object' ? (item as { type?: unknown }).type : undefined;
  if (type === 'entity') {
    const read = entity.safeParse(item);
    return read.success ? { line, entity: read.data } : { line, problem: explain('entity', read.error) };
  }
  if (type === 'relation') {
    const read = relation.safeParse(item);
    return read.success ? { line, relation: read.data } : { line, problem: explain('relation', read.error) };
  }
  return { line, problem: `is neither an entity nor a relation (type ${JSON.stringify(type)?.slice(0, 40)})` };
}

const explain = (what: string, { issues }: z.ZodError): string => {
  const problems = issues.slice(0, 3).map(({ path, code, message }) => {
    const place = path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}${String(step)}`), '');
    return `${place} ${code === 'too_small' ? 'is empty' : code === 'too_big' ? `is longer than ${NAME_LENGTH} characters` : message.replace(/^Invalid input: /, '')}`;
  });
  return `${what}: ${problems.join(', ')}`;
};
