import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export type Graph = { entities: unknown[]; relations: unknown[]; next_cursor?: string };
type Answer = { result?: { isError?: boolean; content?: unknown; structuredContent?: unknown }; error?: unknown };

/** A server that is spoken to line by line, so that what a client library costs is not measured. */
export class StdioServer implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(args: readonly string[], env: Record<string, string>) {
    this.#child = spawn(process.execPath, args, { env: { PATH: process.env.PATH ?? '', ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer & { id?: number };
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    });
    this.#child.once('exit', (code) => {
      for (const answer of this.#waiting.values()) answer({ error: `the server exited with ${code}` });
    });
  }

  static async start(args: readonly string[], env: Record<string, string>): Promise<StdioServer> {
    const server = new StdioServer(args, env);
    const clientInfo = { name: 'recollect-bench', version: '1' };
    await server.#send('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
    server.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
    return server;
  }

  async call(name: string, args: object): Promise<Graph> {
    const { result, error } = await this.#send('tools/call', { name, arguments: args });
    if (error !== undefined || !result || result.isError) throw new Error(`${name}: ${JSON.stringify(error ?? result?.content)}`);
    return result.structuredContent as Graph;
  }

  /** Megabytes of memory the process holds, and held at most; undefined where the system does not say. */
  memory(): { now: number; peak: number } | undefined {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      const read = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
      return { now: read('VmRSS'), peak: read('VmHWM') };
    } catch {
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin.end();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(late);
  }

  #send(method: string, params: object): Promise<Answer> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, (answer) => {
        this.#waiting.delete(id);
        resolve(answer);
      });
      this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  }
}
