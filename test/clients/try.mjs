import assert from 'node:assert/strict';

/** One client through what every client needs: `node try.mjs CLIENT TARGET`, the target as JSON. Prints what it saw. */
const [name, target] = process.argv.slice(2);
const { connect } = await import(`./${name}.mjs`);
const { url, ...program } = JSON.parse(target);
const word = `kestrel-${name}-${url ? 'http' : 'stdio'}`;
const client = await connect({ url, ...program });
try {
  for (const tool of ['save_turn', 'load_history', 'recall']) assert.ok(client.tools.includes(tool), `${tool} is not listed`);
  const messages = [
    { role: 'user', content: `Where did we see the ${word}?` },
    { role: 'assistant', content: `The ${word} sat on the harbour wall.` },
  ];
  const conversation_key = word;
  const saved = JSON.stringify(await client.call('save_turn', { conversation_key, messages }));
  const id = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/.exec(saved)?.[0];
  assert.ok(id, `no id in ${saved}`);
  const loaded = JSON.stringify(await client.call('load_history', { conversation_key }));
  assert.match(loaded, /sat on the harbour wall/);
  const recalled = JSON.stringify(await client.call('recall', { query: `Where is the ${word}?` }));
  assert.match(recalled, new RegExp(word));
  const read = JSON.stringify(await client.read(`memory://conversations/${id}`));
  assert.match(read, new RegExp(word));
  process.stdout.write(`${client.tools.length} tools; saved, loaded, recalled and read\n`);
} finally {
  await client.close();
}
process.exit(0);
