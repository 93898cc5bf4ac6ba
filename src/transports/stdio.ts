import { Console } from 'node:console';
import { type Readable, Writable } from 'node:stream';
import type { App } from '../app.js';
import type { Session } from '../mcp/session.js';
import { withActiveUser } from './active-user.js';
import { serveConnection } from './connection.js';
import { LineTransport } from './line-transport.js';
import { sessionOf } from './session-of.js';

/** The client expects the process to be gone a second after it closed its end; ending takes the rest of that. */
const LEAVE_MS = 900;

/**
 * Serves one client on stdin and stdout until it closes stdin, or the process gets SIGINT or SIGTERM; then closes the app
 * and resolves. Whatever else writes to stdout meanwhile goes to stderr: one stray line would end the conversation.
 */
export async function serveStdio(app: App, input: Readable = process.stdin): Promise<void> {
  const { output, giveBack } = takeStdout();
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const session = withActiveUser(app, sessionOf(app));
    const wire = new LineTransport(input, output);
    openAfterHandshake(wire, session);
    await untilClosed(session, wire, stopping.signal);
    leaveWithin(LEAVE_MS - wire.sinceEnd);
    await app.close();
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    giveBack();
  }
}

const untilClosed = (session: Session, transport: LineTransport, stopping: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const handle = serveConnection(session, transport, resolve);
    stopping.addEventListener('abort', () => void handle.close(), { once: true });
  });

/** The database is opened when the client has its first answer: the handshake did not wait for it, and the first call hardly will. */
function openAfterHandshake(wire: LineTransport, session: Session): void {
  const send = wire.send.bind(wire);
  wire.send = async (message) => {
    wire.send = send;
    await send(message);
    // Why it could not be opened is what the first call will say, after another attempt.
    session.store().catch((error: unknown) => session.log.debug({ err: error }, 'could not open the database yet'));
  };
}

/** What is stored is safe whenever the process ends, but nobody waits for a process that hangs on a database or a full pipe. */
const leaveWithin = (ms: number): NodeJS.Timeout => setTimeout(() => process.exit(0), ms).unref();

function takeStdout(): { output: Writable; giveBack(): void } {
  const { stdout, stderr } = process;
  const { console: ownConsole } = globalThis;
  const own = stdout.write;
  const output = new Writable({
    write: (chunk, _encoding, done) => void own.call(stdout, chunk, 'utf8', done),
  });
  stdout.on('error', (error) => output.destroy(error));
  stdout.write = ((...args: Parameters<typeof stderr.write>) => stderr.write(...args)) as typeof stdout.write;
  globalThis.console = new Console(stderr, stderr);
  return {
    output,
    giveBack: () => {
      stdout.write = own;
      globalThis.console = ownConsole;
    },
  };
}
