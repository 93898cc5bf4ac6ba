import { expect, it } from 'vitest';
import { connectTo } from '../../bench/place.js';
import { sendAround } from '../../src/db/tenant-query.js';
import { textsOf } from '../../src/db/text-values.js';
import { describeEngines } from '../support/engines.js';

const TEXT = `select $1::timestamptz as at, $2::text[] as texts, $3::float8[] as numbers, $4::boolean[] as answers, $5::uuid[] as ids, $6::timestamptz[] as times`;

describeEngines('values as text', (engine) => {
  it('say what the driver says', async () => {
    const client = await connectTo(engine.config);
    const odd = ['', ' ', 'NULL', 'null', 'a,b', '{}', '"', '\\', '\\"', "'", 'é 🦆 \u0001\n', null];
    const ids = ['0190a000-0000-7000-8000-000000000001'];
    try {
      for (const at of ['1000-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z', '2024-02-29T12:00:00.001Z', '9999-12-31T23:59:59.999Z'])
        for (const texts of [odd, [], ['one']]) {
          const values = [new Date(at), texts, [0, -1.5, 1e300, null], [true, false, null], ids, null];
          expect(textsOf(values)).not.toBeNull();
          const { rows } = await client.query({ name: 'driver', text: TEXT, values });
          expect(await sendAround(client, { name: 'ours', text: TEXT, values })).toEqual(rows);
        }
    } finally {
      await client.end();
    }
  });

  it('leave to the driver what is written otherwise', async () => {
    const client = await connectTo(engine.config);
    try {
      const values = [new Date('0999-12-31T23:59:59Z'), ['a'], null, null, null, [new Date('2024-01-01T00:00:00Z')]];
      const { rows } = await client.query({ name: 'driver', text: TEXT, values });
      expect(await sendAround(client, { name: 'ours', text: TEXT, values })).toEqual(rows);
    } finally {
      await client.end();
    }
    for (const value of [
      new Date('0999-12-31T23:59:59Z'),
      new Date(8.64e15),
      new Date(Number.NaN),
      Buffer.from('a'),
      { a: 1 },
      [['a']],
      [{}],
      [new Date()],
    ])
      expect(textsOf(['a', value])).toBeNull();
  });
});
