import type { App } from '../../app.js';
import { HttpServer, type Serving } from './http-server.js';

/** Closing what is open takes a moment; nobody waits longer for a process that hangs on a database. */
const CLOSE_MS = 5_000;

/** Serves clients over HTTP until the process gets SIGINT or SIGTERM, a second of which gives up what is still under way; then closes the app. */
export async function serveHttp(app: App, serving: Serving, onListening: (server: HttpServer) => void): Promise<void> {
  const stopping = new AbortController();
  const hurry = new AbortController();
  const stop = () => (stopping.signal.aborted ? hurry : stopping).abort();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const server = await HttpServer.listen(app, serving);
    onListening(server);
    await untilAborted(stopping.signal);
    app.log.info('shutting down');
    await server.close(hurry.signal);
    setTimeout(() => process.exit(0), CLOSE_MS).unref();
  } finally {
    await app.close();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
