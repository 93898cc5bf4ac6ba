import { type Start, startHttp, type TestServer } from '../support/http-server.js';
import { createMemoryFolder } from './memory-folder.js';

/** A server on a folder of its own, which goes when the server is closed. */
export async function startOnFolder(env: Record<string, string> = {}, start: Start = {}): Promise<TestServer> {
  const folder = await createMemoryFolder();
  const server = await startHttp({ ...folder.env, ...env }, start);
  const close = async () => {
    await server.close();
    await folder[Symbol.asyncDispose]();
  };
  return { ...server, close, [Symbol.asyncDispose]: close };
}
