import { MultiServerMCPClient } from '@langchain/mcp-adapters';

/** Calls the server by LangChain's adapters. */
export async function connect(target) {
  const recollect = target.url
    ? { transport: 'http', url: target.url, headers: { Authorization: `Bearer ${target.key}` }, automaticSSEFallback: false }
    : { transport: 'stdio', command: target.command, args: target.args, env: target.env };
  const client = new MultiServerMCPClient({ mcpServers: { recollect } });
  const tools = new Map((await client.getTools()).map((tool) => [tool.name, tool]));
  return {
    tools: [...tools.keys()],
    call: (name, args) => tools.get(name).invoke(args),
    read: (uri) => client.readResource('recollect', uri),
    close: () => client.close(),
  };
}
