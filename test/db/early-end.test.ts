import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { createSequelize } from '../../src/db/create-sequelize.js';
import { socketTo } from '../../src/db/embedded/socket-path.js';
import { fatalError, greeting } from '../../src/db/embedded/wire.js';
import { tryAdvisoryLock } from '../../src/db/job-lock.js';
import { isConnectionLost } from '../../src/db/pg-errors.js';
import { emptyFolder, quiet } from './support/folder.js';

const END = Buffer.concat([
  greeting({ server_version: '18.0', standard_conforming_strings: 'on' }, 1),
  fatalError('57P01', 'terminating connection due to administrator command'),
]);

/** A server that greets and ends a connection in one piece. An error that nobody hears would fail the whole run. */
const stoppingServer = async (): Promise<pg.ClientConfig> => {
  const path = join(await emptyFolder(), 's');
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(END));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { user: 'postgres', database: 'postgres', stream: () => socketTo(() => path) };
};

test('a pool whose server ends connections while it greets fails its queries as lost', async () => {
  const sequelize = createSequelize({ client: await stoppingServer(), poolMax: 1, logSql: false, settings: 'preset' }, quiet);
  onTestFinished(() => sequelize.close());
  const error: unknown = await sequelize.query('select 1').catch((reason: unknown) => reason);
  expect(isConnectionLost(error)).toBe(true);
});

test('a lock whose connection is ended while it is greeted is not had', async () => {
  const error: unknown = await tryAdvisoryLock(new pg.Client(await stoppingServer()), 'early').catch((reason: unknown) => reason);
  expect(isConnectionLost(error)).toBe(true);
});
