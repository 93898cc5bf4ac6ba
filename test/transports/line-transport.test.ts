import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { beforeEach, describe, expect, it } from 'vitest';
import { LineTransport, MAX_LINE_BYTES } from '../../src/transports/line-transport.js';

let input: PassThrough;
let output: PassThrough;
let transport: LineTransport;
let received: JSONRPCMessage[];
let closed: Promise<void>;

beforeEach(async () => {
  input = new PassThrough();
  output = new PassThrough();
  transport = new LineTransport(input, output);
  received = [];
  transport.onmessage = (message) => received.push(message);
  closed = new Promise((resolve) => {
    transport.onclose = resolve;
  });
  await transport.start();
});

const request = (id: number | string, method = 'ping') => ({ jsonrpc: '2.0' as const, id, method });
const write = async (text: string | Buffer) => {
  input.write(text);
  while (input.readableLength > 0) await setImmediate();
  await setImmediate();
};
const answers = (): unknown[] =>
  String(output.read() ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);

describe('messages', () => {
  it('arrive whole, however they are cut into pieces', async () => {
    const bytes = Buffer.from(`${JSON.stringify(request('漢'))}\r\n${JSON.stringify(request(2))}\n\n${JSON.stringify(request(3))}\n`);
    for (let at = 0; at < bytes.length; at += 3) await write(bytes.subarray(at, at + 3));
    expect(received).toEqual([request('漢'), request(2), request(3)]);
  });

  it('of 10 MB are read', async () => {
    const big = { ...request(1, 'tools/call'), params: { text: 'x'.repeat(11_000_000) } };
    await write(`${JSON.stringify(big)}\n`);
    expect(received).toEqual([big]);
  });

  it.each([
    ['first', `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"text":"${'x'.repeat(MAX_LINE_BYTES)}"}}`],
    ['last', `{"method":"tools/call","params":{"id":5,"text":"${'x'.repeat(MAX_LINE_BYTES)}"},"jsonrpc":"2.0","id":7}`],
  ])('beyond the limit are answered by their id, written %s, and the next one is read', async (_, line) => {
    const bytes = Buffer.from(`${line}\n`);
    for (let at = 0; at < bytes.length; at += 1_000_000) await write(bytes.subarray(at, at + 1_000_000));
    await write(`${JSON.stringify(request(8))}\n`);
    expect(answers()).toEqual([
      { jsonrpc: '2.0', id: 7, error: { code: -32600, message: expect.stringMatching(/too large; the limit is 33554432/) } },
    ]);
    expect(received).toEqual([request(8)]);
  });

  it('that are none are answered with an error', async () => {
    await write('hello\n{"id":4,"jsonrpc":"1.0"}\n');
    expect(answers()).toMatchObject([{ error: { code: -32700 } }, { error: { code: -32600 } }]);
    expect(received).toEqual([]);
  });
});

describe('the end of input', () => {
  it('closes at once when nothing is asked', async () => {
    const before = performance.now();
    input.end();
    await closed;
    expect(performance.now() - before).toBeLessThan(200);
  });

  it('waits for the answers that are owed', async () => {
    await write(`${JSON.stringify(request(1))}\n`);
    input.end();
    await setImmediate();
    await transport.send({ jsonrpc: '2.0', id: 1, result: {} });
    await closed;
    expect(answers()).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    await expect(transport.send({ jsonrpc: '2.0', id: 2, result: {} })).rejects.toThrow('closed');
  });

  it('does not wait for ever', async () => {
    await write(`${JSON.stringify(request(1))}\n`);
    const before = performance.now();
    input.end();
    await closed;
    expect(performance.now() - before).toBeLessThan(700);
  });

  it('does not wait for a subscription or a cancelled request', async () => {
    await write(`${JSON.stringify(request(1))}\n${JSON.stringify(request(2, 'subscriptions/listen'))}\n`);
    await write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })}\n`);
    const before = performance.now();
    input.end();
    await closed;
    expect(performance.now() - before).toBeLessThan(200);
  });
});

it('a client that stops reading ends the connection quietly', async () => {
  const errors: Error[] = [];
  transport.onerror = (error) => errors.push(error);
  output.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  await closed;
  expect(errors).toEqual([]);
});
