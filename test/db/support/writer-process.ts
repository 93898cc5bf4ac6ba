import { openDatabase } from '../../../src/db/open.js';
import { createLog } from '../../../src/log.js';

/**
 * A process that writes to a shared folder until it is killed or has written `count` rows, and says `ack <id>` after each one
 * that was confirmed. Odd ones are written in a transaction that must not run twice: it counts itself.
 */
const [dataDir = '', writer = '', count = '0'] = process.argv.slice(2);
const database = await openDatabase({ url: null, dataDir, durability: 'full', logSql: false, poolMax: 2 }, createLog('silent'));
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const INSERT = { name: 'insert', text: 'insert into ledger (id, writer) values ($1, $2) on conflict (id) do nothing' };
const INSERT_ONCE = { name: 'insert_once', text: 'insert into ledger (id, writer) values ($1, $2)' };
const COUNT = { name: 'count', text: 'update counters set n = n + 1 where writer = $1' };

const { role } = await database.describe();
say(`ready ${role}`);
for (let number = 0; number < Number(count); number += 1) {
  const id = `${writer}-${number}`;
  if (number % 2 === 0) await database.query(INSERT, [id, writer]);
  else
    await database.transaction(async (transaction) => {
      await database.query(INSERT_ONCE, [id, writer], transaction);
      await database.query(COUNT, [writer], transaction);
    });
  say(`ack ${id} ${Date.now()}`);
}
await database.close();
say('done');
