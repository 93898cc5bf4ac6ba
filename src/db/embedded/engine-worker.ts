import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { folderError } from './folder-error.js';
import { Multiplexer } from './multiplexer.js';
import { preparePrivateDirectory } from './socket-path.js';
import type { FromWorker, ToWorker, WorkerInput } from './worker-messages.js';

/**
 * The thread that runs the engine, so that a long statement never holds up the protocol. It listens first: followers that
 * come while the engine opens wait in line instead of failing. The engine itself is loaded only then.
 */
const input = workerData as WorkerInput;
const multiplexer = new Multiplexer();
let close: () => Promise<void> = async () => multiplexer.stop();

const tell = (message: FromWorker): void => parentPort?.postMessage(message);

const listen = async (): Promise<string> => {
  let failure: unknown;
  for (const path of input.socketCandidates) {
    try {
      // Some file systems hold no sockets; the candidates after the first are in another place.
      if (dirname(path) !== input.dataDir && process.platform !== 'win32') preparePrivateDirectory(dirname(path));
      await multiplexer.listen(path);
      return path;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
};

const open = async (): Promise<void> => {
  const started = performance.now();
  const [{ openPglite }, { pgDataOf, preparePgData }, { Maintenance }] = await Promise.all([
    import('./pglite-engine.js'),
    import('./data-dir.js'),
    import('./maintenance.js'),
  ]);
  const origin = await preparePgData(input.dataDir, input.templateFile, input.durability === 'full');
  const engine = await openPglite(pgDataOf(input.dataDir), input.durability);
  multiplexer.open(engine);
  const maintenance = new Maintenance(multiplexer);
  close = async () => {
    maintenance.stop();
    multiplexer.stop();
    await engine.close();
  };
  tell({ type: 'open', origin, milliseconds: Math.round(performance.now() - started) });
};

const failed = (error: unknown): void => {
  const { message, hint } = folderError(input.dataDir, error);
  tell({
    type: 'failed',
    message,
    hint,
    detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
};

parentPort?.on('message', (command: ToWorker) => {
  if (command === 'open') open().catch(failed);
  else
    close()
      .catch(failed)
      .finally(() => process.exit(0));
});

listen().then((socketPath) => tell({ type: 'listening', socketPath }), failed);
