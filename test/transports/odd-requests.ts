import fc from 'fast-check';
import type { RawRequest } from './raw-http.js';

export const REVISION = '2026-07-28';
/** Of either server. */
export const LIMIT = 64 * 1024;
const LONG = 'x'.repeat(LIMIT);

type Message = Record<string, unknown> & { params?: Record<string, unknown> & { _meta?: Record<string, unknown> } };
/** A request that is being made odd. */
type Draft = { method: string; headers: [string, string][]; message: unknown; encode: (json: string) => Buffer; cut: boolean };

/** A request as it is sent to both servers: each puts its own session where the marker is. */
export type OddRequest = RawRequest & { cut: boolean };
export const SESSION = '{session}';

const envelope = () => ({
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'odd', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
});
const common = (): [string, string][] => [
  ['Host', 'localhost'],
  ['Accept', 'application/json, text/event-stream'],
  ['Content-Type', 'application/json'],
];

type Call = readonly [method: string, params?: Record<string, unknown>];
const tool = (name: string, args?: unknown): Call => ['tools/call', { name, ...(args !== undefined && { arguments: args }) }];

/** What is asked for. Nothing in it changes what another request is answered. */
export const CALLS: Record<string, Call> = {
  'a list': tool('list_conversations', {}),
  'a list without arguments': tool('list_conversations'),
  history: tool('load_history', { conversation_key: 'here' }),
  'no history': tool('load_history', { conversation_key: 'elsewhere' }),
  'wrong arguments': tool('load_history', { conversation_key: 5, nonsense: true }),
  recall: tool('recall', { query: 'morning' }),
  'a write that is refused': tool('create_task', { title: 7 }),
  'no tool': tool('no_such_tool', {}),
  'a tool with an odd name': tool('constructor', {}),
  tools: ['tools/list'],
  prompts: ['prompts/list'],
  ping: ['ping'],
  discover: ['server/discover'],
  'a resource that is not': ['resources/read', { uri: 'memory://nothing' }],
  'no method': ['no/such/method'],
  'a method of objects': ['__proto__'],
};

function draft(era: '2025' | '2026', [method, params]: Call): Draft {
  const message: Message = { jsonrpc: '2.0', id: 1, method, ...(params && { params: { ...params } }) };
  const base = { method: 'POST', message, encode: (json: string) => Buffer.from(json), cut: false };
  if (era === '2025') return { ...base, headers: [...common(), ['Mcp-Session-Id', SESSION], ['MCP-Protocol-Version', '2025-11-25']] };
  message.params = { ...params, _meta: envelope() };
  const name = params?.name ?? params?.uri;
  const told: [string, string][] = [
    ['MCP-Protocol-Version', REVISION],
    ['Mcp-Method', method],
  ];
  return { ...base, headers: [...common(), ...told, ...(name === undefined ? [] : ([['Mcp-Name', String(name)]] as [string, string][]))] };
}

type Change = (draft: Draft) => void;
const set =
  (name: string, ...values: string[]): Change =>
  (draft) => {
    const rest = draft.headers.filter(([known]) => known.toLowerCase() !== name.toLowerCase());
    draft.headers = [...rest, ...values.map((value): [string, string] => [name, value])];
  };
const inMessage =
  (change: (message: Message) => unknown): Change =>
  (draft) => {
    if (typeof draft.message === 'object' && draft.message !== null && !Array.isArray(draft.message)) change(draft.message as Message);
  };
const inParams = (more: object): Change =>
  inMessage((message) => {
    message.params = { ...message.params, ...more };
  });
const inMeta = (more: object): Change =>
  inMessage((message) => {
    message.params = { ...message.params, _meta: { ...message.params?._meta, ...more } };
  });
const instead =
  (message: unknown): Change =>
  (draft) => {
    draft.message = structuredClone(message);
  };
const text =
  (change: (json: string) => string | Buffer): Change =>
  (draft) => {
    const { encode } = draft;
    draft.encode = (json) => Buffer.from(change(encode(json).toString()));
  };
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const own = (json: string): object => JSON.parse(json) as object;
const padTo = (length: number) => text((json) => json + ' '.repeat(Math.max(0, length - Buffer.byteLength(json))));

/** Each makes a request odd in one way. */
export const CHANGES: Record<string, Change> = {
  ...each('method', ['GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD'], (method) => (draft) => {
    draft.method = method;
  }),
  ...each(
    'accept',
    ['application/json', 'text/event-stream', '*/*', '', 'text/html', 'application/json;q=0.5, text/event-stream;q=0.1'],
    (value) => set('Accept', value),
  ),
  ...each(
    'accept also',
    ['APPLICATION/JSON, TEXT/EVENT-STREAM', 'application/jsonx,text/event-streams', 'application/*, text/*'],
    (value) => set('Accept', value),
  ),
  'accept twice': set('Accept', 'application/json', 'text/event-stream'),
  'no accept': set('Accept'),
  ...each(
    'type',
    ['application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"', 'application/json;charset=utf8', 'application/json ; x=y', ''],
    (value) => set('Content-Type', value),
  ),
  ...each(
    'type also',
    ['text/plain', 'application/jsonp', 'application/json, text/plain', 'application/problem+json', ';', 'application/json;'],
    (value) => set('Content-Type', value),
  ),
  'no type': set('Content-Type'),
  ...each(
    'revision',
    ['2025-11-25', '2025-06-18', '2024-11-05', '1999-01-01', REVISION, '2031-01-01', '', 'DRAFT', ' 2026-07-28 '],
    (value) => set('MCP-Protocol-Version', value),
  ),
  'no revision': set('MCP-Protocol-Version'),
  'revision twice': set('MCP-Protocol-Version', '2025-11-25', '2025-11-25'),
  'new revision twice': set('MCP-Protocol-Version', REVISION, REVISION),
  ...each('session', ['', 'unknown', '__proto__', `${SESSION} `, `${SESSION}x`], (value) => set('Mcp-Session-Id', value)),
  'no session': set('Mcp-Session-Id'),
  'the session': set('Mcp-Session-Id', SESSION),
  'session twice': set('Mcp-Session-Id', SESSION, SESSION),
  ...each('told method', ['tools/call', 'tools/list', 'TOOLS/CALL', ''], (value) => set('Mcp-Method', value)),
  'no told method': set('Mcp-Method'),
  'told method twice': set('Mcp-Method', 'tools/call', 'tools/call'),
  ...each(
    'told name',
    ['list_conversations', 'recall', 'Recall', '', '=?base64?cmVjYWxs?=', '=?base64?bGlzdF9jb252ZXJzYXRpb25z?=', '=?base64?%%%?='],
    (value) => set('Mcp-Name', value),
  ),
  'no told name': set('Mcp-Name'),
  ...each('request id', ['abc', '', 'x'.repeat(200), 'a b', '<script>', '../..'], (value) => set('X-Request-Id', value)),
  'identity encoding': set('Content-Encoding', 'identity'),
  'last event': set('Last-Event-ID', '1-1'),
  expects: set('Expect', '100-continue'),
  ...each('id', [0, -1, -0, '', '1', 1.5, 1e21, 2 ** 53, null, true, [1], {}, 'x'.repeat(300), '\u2028'], (id) =>
    inMessage((message) => {
      message.id = id;
    }),
  ),
  'no id': inMessage((message) => delete message.id),
  'huge id': text((json) => json.replace('"id":1', '"id":123456789012345678901234567890')),
  ...each('version', ['1.0', 2, null], (jsonrpc) =>
    inMessage((message) => {
      message.jsonrpc = jsonrpc;
    }),
  ),
  ...each('message', [null, 5, 'text', true, [], {}, [[]], { jsonrpc: '2.0' }], instead),
  'a result': instead({ jsonrpc: '2.0', id: 9, result: {} }),
  'an error': instead({ jsonrpc: '2.0', id: 9, error: { code: 1, message: 'x' } }),
  'a notification': instead({ jsonrpc: '2.0', method: 'notifications/initialized' }),
  'a cancellation': instead({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 77 } }),
  'an odd notification': instead({ jsonrpc: '2.0', method: 'no/such' }),
  begins: instead({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  }),
  'begins with a claim of its revision': instead({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'raw', version: '1' },
      _meta: { 'io.modelcontextprotocol/protocolVersion': '2025-11-25' },
    },
  }),
  'begins without parameters': instead({ jsonrpc: '2.0', id: 1, method: 'initialize' }),
  'in a batch': (draft) => {
    draft.message = [draft.message];
  },
  'twice in a batch': (draft) => {
    draft.message = [draft.message, { ...(draft.message as object), id: 2 }];
  },
  'in a large batch': (draft) => {
    draft.message = Array.from({ length: 101 }, (_, id) => ({ ...(draft.message as object), id }));
  },
  'with a notification in a batch': (draft) => {
    draft.message = [{ jsonrpc: '2.0', method: 'notifications/initialized' }, draft.message];
  },
  'with nonsense in a batch': (draft) => {
    draft.message = [draft.message, 5];
  },
  'more keys': inMessage((message) => {
    message.more = 1;
  }),
  'a result, too': inMessage((message) => {
    message.result = {};
  }),
  ...each('params', [[], null, 5, 'text', {}], (params) =>
    inMessage((message) => {
      message.params = params as never;
    }),
  ),
  'no params': inMessage((message) => delete message.params),
  ...each('arguments', [null, [], 5, 'text', { limit: 'x' }, { limit: 1 }, { metadata: {} }, { '\u2028': '\ud800' }], (args) =>
    inParams({ arguments: args }),
  ),
  ...each('name', [null, 5, '', 'LIST_CONVERSATIONS', 'x'.repeat(300)], (name) => inParams({ name })),
  ...each('task', [{}, { ttl: 1000 }, null], (task) => inParams({ task })),
  'unknown parameter': inParams({ unknown: true }),
  ...each('progress', [1, 'a', null, {}, 1.5], (progressToken) => inMeta({ progressToken })),
  ...each('meta', [null, [], 5, {}], (_meta) => inParams({ _meta })),
  'unknown meta': inMeta({ unknown: [1, { a: null }], 'example.com/x': 'y' }),
  'a trace': inMeta({ traceparent: 'nonsense', tracestate: 5, baggage: [] }),
  'related task': inMeta({ 'io.modelcontextprotocol/related-task': { taskId: 'x' } }),
  ...each('claims', ['2025-11-25', '2031-01-01', REVISION, 5, null], (claimed) =>
    inMeta({ 'io.modelcontextprotocol/protocolVersion': claimed }),
  ),
  'claims all': inMeta(envelope()),
  ...each('client', [null, {}, { name: 'x' }, 'x', { name: 'x', version: '1', more: 1 }], (info) =>
    inMeta({ 'io.modelcontextprotocol/clientInfo': info }),
  ),
  ...each('capabilities', [null, { sampling: 5 }, { more: {} }, []], (info) =>
    inMeta({ 'io.modelcontextprotocol/clientCapabilities': info }),
  ),
  ...each('log level', ['debug', 'loud', null], (level) => inMeta({ 'io.modelcontextprotocol/logLevel': level })),
  'prototype in message': inMessage((message) => Object.defineProperty(message, '__proto__', { value: {}, enumerable: true })),
  'prototype in arguments': inParams({ arguments: own('{"__proto__":{"limit":1}}') }),
  'prototype in meta': inMeta(own('{"constructor":1,"toString":2}')),
  'own prototype in meta': text((json) => json.replace('"_meta":{', '"_meta":{"__proto__":{"progressToken":{}},')),
  'own prototype in params': text((json) => json.replace('"params":{', '"params":{"__proto__":{"x":1},')),
  'own prototype in arguments': text((json) => json.replace('"arguments":{', '"arguments":{"__proto__":{"x":1},')),
  'deep arguments': text((json) => json.replace('"arguments":{', `"arguments":{"deep":${nested(20_000)},`)),
  'deep meta': text((json) => json.replace('"_meta":{', `"_meta":{"deep":${nested(20_000)},`)),
  'keys twice': text((json) => json.replace('"id":1', '"id":1,"id":2')),
  'method twice': text((json) => json.replace('"method":', '"method":"ping","method":')),
  'bytes that are no text': text((json) => Buffer.concat([Buffer.from(json.slice(0, -1)), Buffer.from(',"\xff\xfe":1}', 'latin1')])),
  'bytes in a name': (draft) => {
    const { encode } = draft;
    draft.encode = (json) => Buffer.from(encode(json).toString('latin1').replace('here', 'he\xe2\x82re'), 'latin1');
  },
  'byte order mark': text((json) => `\ufeff${json}`),
  'in UTF-16': text((json) => Buffer.from(json, 'utf16le')),
  'separators of lines': text((json) => json.replace('{', '{\u2028')),
  'white space': text((json) => ` \t\r\n${json}\n\n`),
  'two messages': text((json) => json + json),
  half: text((json) => json.slice(0, json.length / 2)),
  empty: text(() => ''),
  blank: text(() => '  '),
  'at the limit': padTo(LIMIT),
  'over the limit': padTo(LIMIT + 1),
  'a long argument': inParams({ arguments: { conversation_key: LONG.slice(0, 60_000) } }),
  'in parts': set('Transfer-Encoding', 'chunked'),
  'cut in two': (draft) => {
    draft.cut = true;
  },
};

function each<T>(what: string, values: readonly T[], change: (value: T) => Change): Record<string, Change> {
  return Object.fromEntries(values.map((value) => [`${what} ${JSON.stringify(value)?.slice(0, 60)}`, change(value)]));
}

export type Recipe = { era: '2025' | '2026'; call: string; changes: readonly string[] };

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  era: fc.constantFrom('2025' as const, '2026' as const),
  call: fc.constantFrom(...Object.keys(CALLS)),
  changes: fc.uniqueArray(fc.constantFrom(...Object.keys(CHANGES)), { maxLength: 3 }),
});

export function requestOf({ era, call, changes }: Recipe): OddRequest {
  const made = draft(era, CALLS[call]!);
  for (const name of changes) CHANGES[name]!(made);
  const { method, headers, cut } = made;
  const json = made.encode(JSON.stringify(made.message) ?? '');
  const isChunked = headers.some(([name]) => name === 'Transfer-Encoding');
  const body = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? undefined : json;
  if (!isChunked || !body) return { method, headers: headers.filter(([name]) => body || name !== 'Transfer-Encoding'), body, cut };
  const half = Math.floor(body.length / 2);
  const parts = [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length > 0);
  const chunks = parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
  return { method, headers, body: Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]), cut };
}
