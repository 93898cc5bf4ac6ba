import assert from 'node:assert/strict';
import { MCPConfigRegistry, safeValidateMcpServersConfig, safeValidateVsCodeConfig } from '@gleanwork/mcp-config-schema';

/** Looks at every configuration the documents show: `node configurations.mjs` reads `{ file: text }` from standard input. */
let input = '';
for await (const chunk of process.stdin) input += chunk;
const shown = Object.entries(JSON.parse(input)).flatMap(([file, text]) => {
  const blocks = file.endsWith('.json') ? [text] : [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, block]) => block);
  return blocks.map((block) => ({ file, config: JSON.parse(block) })).filter(({ config }) => config.mcpServers ?? config.servers);
});
for (const { file, config } of shown) {
  const { success, error } = config.servers ? safeValidateVsCodeConfig(config) : safeValidateMcpServersConfig(config);
  assert.ok(success, `${file}: ${JSON.stringify(config)}\n${error}`);
}

/** And builds what each client that it knows would be given for a server over HTTP. */
const registry = new MCPConfigRegistry();
const options = {
  transport: 'http',
  serverUrl: 'https://memory.example.com/mcp',
  serverName: 'recollect',
  headers: { Authorization: 'Bearer KEY' },
};
const built = registry
  .getAllConfigs()
  .map(({ id }) => id)
  .filter((id) => {
    try {
      return JSON.stringify(registry.createBuilder(id).buildConfiguration(options)).includes('https://memory.example.com/mcp');
    } catch {
      return false;
    }
  });
process.stdout.write(
  `${shown.length} shown configurations are valid; configurations built for ${built.length} clients: ${built.join(', ')}\n`,
);
