/** Groups of tools that an operator switches on by name; `core` is what everybody gets. */
export const TOOLSETS = [
  'core',
  'messages',
  'users',
  'graph_admin',
  'knowledge_graph',
  'tasks',
  'transfer',
  'analytics',
  'vectors',
  'admin',
] as const;
export type Toolset = (typeof TOOLSETS)[number];
