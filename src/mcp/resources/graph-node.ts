import { notFound } from '../../errors.js';
import { defineResource } from '../define.js';
import { viewEdge, viewNode } from '../graph-views.js';

const ROOM = 10_000;
const EDGES = 50;

export default defineResource<'graph' | 'key'>({
  name: 'graph-node',
  title: 'Node of the graph',
  description: 'One entity: what is known of it, and its strongest edges.',
  uriTemplate: 'memory://graph/{graph}/nodes/{key}',
  mimeType: 'application/json',
  scope: 'graph:read',

  async read({ graph = 'main', key = '' }, { store }) {
    const { nodes, edges, truncated } = await store.graphQueries.find({ graph, keys: [key], depth: 1 }, { limit: EDGES });
    const node = nodes.find((each) => each.key === key);
    if (!node) throw notFound('node', JSON.stringify(key.slice(0, 100)), 'graph_query with query finds keys.');
    const view = { graph, node: viewNode(node, ROOM), edges: edges.filter(({ source, target }) => source === key || target === key) };
    const shown = view.edges.slice(0, EDGES).map(viewEdge);
    return { mimeType: 'application/json', text: JSON.stringify({ ...view, edges: shown, ...(truncated && { truncated }) }) };
  },

  complete: {
    async graph(prefix, { store }) {
      const { graphs } = await store.graphQueries.stats();
      return graphs.map(({ graph }) => graph).filter((graph) => graph.startsWith(prefix.trim()));
    },
    async key(prefix, { store }) {
      const question = { depth: 0, ...(prefix.trim() === '' ? {} : { query: prefix.trim() }) };
      if (question.query === undefined) return (await store.graph.list({ limit: 101 }, { observations: 0 })).map(({ key }) => key);
      return (await store.graphQueries.find(question, { limit: 100 })).nodes.map(({ key }) => key);
    },
  },
});
