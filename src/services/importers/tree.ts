export type TreeNode = Readonly<{ id: string; parent: string | undefined; at?: Date | undefined }>;

/** A stretch that left the dialogue, or never was part of it: from the first node after the fork to its end. */
export type Branch = Readonly<{ from: string | undefined; ids: readonly string[] }>;

export type Dialogue = Readonly<{ path: readonly string[]; branches: readonly Branch[] }>;

/**
 * The way from the root to `current`, and everything beside it as branches: each node is in exactly one of them, after its parent.
 * Without a `current` that is there, the latest leaf is it. A branch goes on with the first child of each node, so that one that grows
 * keeps its name, which is its first node. Null when the nodes go round in a circle.
 */
export function linearise(nodes: readonly TreeNode[], current?: string): Dialogue | null {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parentOf = (id: string): string | undefined => {
    const parent = byId.get(id)?.parent;
    return parent !== undefined && byId.has(parent) ? parent : undefined;
  };
  const children = new Map<string | undefined, string[]>();
  for (const id of byId.keys()) {
    const parent = parentOf(id);
    const siblings = children.get(parent);
    if (siblings) siblings.push(id);
    else children.set(parent, [id]);
  }
  const order = fromRoots(children);
  if (order.length < byId.size) return null;

  const end = current !== undefined && byId.has(current) ? current : latestLeaf(order, byId, children);
  const path: string[] = [];
  for (let id = end; id !== undefined; id = parentOf(id)) path.push(id);
  path.reverse();

  const taken = new Set(path);
  const branches: Branch[] = [];
  for (const start of order) {
    if (taken.has(start)) continue;
    const ids: string[] = [];
    for (let id: string | undefined = start; id !== undefined; id = children.get(id)?.find((child) => !taken.has(child))) {
      ids.push(id);
      taken.add(id);
    }
    branches.push({ from: parentOf(start), ids });
  }
  return { path, branches };
}

/** Parents before children, in the order of the file; what no root leads to is not in it. */
function fromRoots(children: ReadonlyMap<string | undefined, readonly string[]>): string[] {
  const order: string[] = [];
  const waiting = (children.get(undefined) ?? []).toReversed();
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    order.push(id);
    for (const child of (children.get(id) ?? []).toReversed()) waiting.push(child);
  }
  return order;
}

function latestLeaf(
  order: readonly string[],
  byId: ReadonlyMap<string, TreeNode>,
  children: ReadonlyMap<string | undefined, readonly string[]>,
): string | undefined {
  let latest: string | undefined;
  const timeOf = (id: string) => byId.get(id)?.at?.getTime() ?? Number.NEGATIVE_INFINITY;
  for (const id of order) if (!children.has(id) && (latest === undefined || timeOf(id) >= timeOf(latest))) latest = id;
  return latest;
}
