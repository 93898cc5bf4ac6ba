import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearise, type TreeNode } from '../../src/services/importers/tree.js';
import { property } from './property.js';

/** A forest: each node names one before it, itself excluded, or nobody; sometimes somebody who is not there. */
const forest = fc.array(fc.option(fc.nat({ max: 40 }), { nil: undefined }), { minLength: 1, maxLength: 40 }).map((parents) =>
  parents.map(
    (parent, at): TreeNode => ({
      id: `n${at}`,
      parent: parent === undefined ? undefined : parent < at ? `n${parent}` : 'gone',
      at: new Date(1.7e12 + ((at * 7919) % 40)),
    }),
  ),
);

describe('a tree of messages', () => {
  property('is cut into one way and its branches', [forest, fc.nat(), fc.array(fc.nat(), { maxLength: 40 })], (nodes, pick, order) => {
    const shuffled = nodes
      .map((node, at) => ({ node, rank: order[at] ?? at }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ node }) => node);
    const current = shuffled[pick % shuffled.length]!.id;
    const dialogue = linearise(shuffled, current)!;
    const parentOf = new Map(nodes.map(({ id, parent }) => [id, parent]));
    const all = [...dialogue.path, ...dialogue.branches.flatMap(({ ids }) => ids)];
    expect(all.toSorted()).toEqual(nodes.map(({ id }) => id).toSorted());
    expect(dialogue.path.at(-1)).toBe(current);
    for (const ids of [dialogue.path, ...dialogue.branches.map(({ ids }) => ids)])
      for (const [at, id] of ids.entries()) if (at > 0) expect(parentOf.get(id)).toBe(ids[at - 1]);
    expect(parentOf.has(parentOf.get(dialogue.path[0]!) ?? 'gone')).toBe(false);
    for (const { from, ids } of dialogue.branches) {
      const parent = parentOf.get(ids[0]!);
      expect(from).toBe(parent !== undefined && parentOf.has(parent) ? parent : undefined);
    }
  });

  property('without a current node ends at its latest leaf', [forest], (nodes) => {
    const parents = new Set(nodes.map(({ parent }) => parent));
    const times = nodes.filter(({ id }) => !parents.has(id)).map(({ at }) => at!.getTime());
    const end = linearise(nodes)!.path.at(-1);
    expect(nodes.find(({ id }) => id === end)!.at!.getTime()).toBe(Math.max(...times));
  });

  property('keeps the names of its branches when one of them grows', [forest, fc.nat()], (nodes, pick) => {
    const current = nodes.at(-1)!.id;
    const before = linearise(nodes, current)!;
    const branch = before.branches[pick % Math.max(1, before.branches.length)];
    fc.pre(branch !== undefined);
    const after = linearise([...nodes, { id: 'new', parent: branch!.ids.at(-1) }], current)!;
    expect(after.path).toEqual(before.path);
    expect(after.branches).toEqual(before.branches.map((each) => (each === branch ? { ...each, ids: [...each.ids, 'new'] } : each)));
  });

  it('that goes round in a circle is none', () => {
    expect(
      linearise([
        { id: 'a', parent: 'b' },
        { id: 'b', parent: 'a' },
        { id: 'c', parent: undefined },
      ]),
    ).toBeNull();
    expect(linearise([{ id: 'a', parent: 'a' }])).toBeNull();
  });

  it('of a hundred thousand messages in one line takes no stack', () => {
    const nodes = Array.from({ length: 100_000 }, (_, at) => ({ id: `${at}`, parent: at === 0 ? undefined : `${at - 1}` }));
    expect(linearise(nodes)!.path).toHaveLength(100_000);
    expect(linearise(nodes.map(({ id }) => ({ id, parent: id === '0' ? undefined : '0' })))!.branches).toHaveLength(99_998);
  });
});
