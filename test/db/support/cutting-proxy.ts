import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

type Cut = 'before commit arrives' | 'after commit was answered';

/** Stands between a client and a database and cuts the connection at the commits it is told to. */
export class CuttingProxy {
  /** What to do at the next commits, in order; afterwards it only passes on. */
  readonly cuts: Cut[] = [];
  commits = 0;
  /** Cuts once at the answer to the first message with this text, as a statement's name is. */
  cutAnswerTo: string | undefined;

  async listen(at: { path: string } | { port: 0 }, target: NetConnectOpts): Promise<number> {
    const server = createServer((client) => this.#serve(client, connect(target)));
    await new Promise<void>((resolve) => server.listen(at, resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  #serve(client: Socket, database: Socket): void {
    let cutAtAnswer = false;
    const end = (): void => {
      client.destroy();
      database.destroy();
    };
    for (const socket of [client, database]) socket.on('error', end).on('close', end);
    client.on('data', (bytes: Buffer) => {
      if (this.cutAnswerTo !== undefined && bytes.includes(this.cutAnswerTo)) {
        this.cutAnswerTo = undefined;
        cutAtAnswer = true;
      }
      if (bytes.includes('commit\0')) {
        this.commits += 1;
        const cut = this.cuts.shift();
        if (cut === 'before commit arrives') return end();
        cutAtAnswer = cut !== undefined;
      }
      database.write(bytes);
    });
    database.on('data', (bytes: Buffer) => (cutAtAnswer ? end() : client.write(bytes)));
  }
}
