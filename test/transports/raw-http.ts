import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire; names of headers in lower case, each with all its values. */
export type RawAnswer = { status: number; headers: Map<string, string[]>; body: string };

export type RawRequest = {
  method: string;
  path?: string;
  headers: readonly (readonly [name: string, value: string])[];
  body?: Buffer | undefined;
};

/** The bytes of a request. A `Content-Length` is added to one that says nothing of its length. */
export function bytesOf({ method, path = '/mcp', headers, body = Buffer.alloc(0) }: RawRequest): Buffer {
  const saysLength = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const all =
    saysLength || (body.length === 0 && method !== 'POST') ? headers : [...headers, ['Content-Length', String(body.length)] as const];
  const head = [`${method} ${path} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

export async function openSocket(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

type Wanted = { count?: number /** As after HEAD, and of a stream of news, which has no end. */; withoutBody?: boolean };

/** Sends bytes as they are, in several parts if need be, and waits for the answers; for fewer when the connection ends before. */
export async function exchange(
  url: string,
  bytes: readonly Buffer[],
  { count = 1, withoutBody = false }: Wanted = {},
): Promise<RawAnswer[]> {
  const socket = await openSocket(url);
  let received = Buffer.alloc(0);
  let answers: RawAnswer[] = [];
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      answers = answersIn(received, withoutBody);
      if (answers.length >= count) resolve();
    });
    socket.once('close', resolve);
  });
  for (const [index, part] of bytes.entries()) {
    if (index > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    socket.write(part);
  }
  await done;
  socket.destroy();
  return answers;
}

/** The answers that are complete. */
function answersIn(received: Buffer, withoutBody: boolean): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = received;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return answers;
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const status = Number(first.split(' ')[1]);
    const headers = new Map<string, string[]>();
    for (const line of lines) {
      const name = line.slice(0, line.indexOf(':')).toLowerCase();
      headers.set(name, [...(headers.get(name) ?? []), line.slice(line.indexOf(':') + 1).trim()]);
    }
    rest = rest.subarray(end + 4);
    if (status === 100) continue;
    const body = withoutBody ? { text: '', length: 0 } : bodyIn(rest, headers);
    if (!body) return answers;
    answers.push({ status, headers, body: body.text });
    rest = rest.subarray(body.length);
  }
}

function bodyIn(rest: Buffer, headers: Map<string, string[]>): { text: string; length: number } | undefined {
  if (headers.get('transfer-encoding')?.[0] !== 'chunked') {
    const length = Number(headers.get('content-length')?.[0] ?? 0);
    return rest.length < length ? undefined : { text: rest.subarray(0, length).toString(), length };
  }
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = rest.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.subarray(at, line).toString('latin1'), 16);
    const from = line + 2;
    if (rest.length < from + size + 2) return undefined;
    if (size === 0) return { text: Buffer.concat(parts).toString(), length: from + 2 };
    parts.push(rest.subarray(from, from + size));
    at = from + size + 2;
  }
}
