import { createMCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport as Stdio } from '@ai-sdk/mcp/mcp-stdio';

/** Calls the server by the AI SDK's own client. */
export async function connect(target) {
  const transport = target.url
    ? { type: 'http', url: target.url, headers: { Authorization: `Bearer ${target.key}` } }
    : new Stdio({ command: target.command, args: target.args, env: target.env });
  const client = await createMCPClient({ transport });
  const tools = await client.tools();
  return {
    tools: Object.keys(tools),
    call: (name, args) => tools[name].execute(args, { toolCallId: name, messages: [] }),
    read: (uri) => client.readResource({ uri }),
    close: () => client.close(),
  };
}
