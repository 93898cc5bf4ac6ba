import type { Database, Statement } from '../src/db/database.js';
import { defineModels } from '../src/models/index.js';
import { type Principal, scopesOf } from '../src/principal.js';
import { Store } from '../src/repository/store.js';
import type { NewTurn } from '../src/repository/turns.js';

export const HISTORY = 50;

const QUESTION = 'Did you finish the mortgage papers on Friday, or shall I ask the bank for another week?';
const ANSWER =
  'They went out on Friday morning. The bank answered the same day: everything is there, and the appointment on the 14th stands. ' +
  'You only have to bring your passport and the last three statements.';

export const newTurn = (conversationId: string): NewTurn => ({
  conversationId,
  messages: [
    { role: 'user', content: QUESTION, inputTokens: 20 },
    { role: 'assistant', content: ANSWER, outputTokens: 45 },
  ],
});

const principal = (tenantId: string): Principal => ({ tenantId, user: null, role: 'service', scopes: scopesOf('service') });
const limits = { maxMessageBytes: 1024 ** 2, maxAssetBytes: 8 * 1024 ** 2 };
const clock = (): Date => new Date();

export const openStore = (db: Database, tenantId: string): Promise<Store> =>
  Store.open({ db, models: defineModels(db.sequelize), principal: principal(tenantId), limits, clock });

export type Sent = { statement: Statement; values: readonly unknown[] };

class Captured extends Error {
  readonly sent: Sent;

  constructor(sent: Sent) {
    super('captured');
    this.sent = sent;
  }
}

/** The statement a repository would send for a call, with its values, so that the floor sends the very same. */
export async function capture(db: Database, tenantId: string, call: (store: Store) => Promise<unknown>): Promise<Sent> {
  const recorder: Database = Object.assign(Object.create(db) as Database, {
    query: (statement: Statement, values: readonly unknown[]) => Promise.reject(new Captured({ statement, values })),
    forTenant: () => recorder,
  });
  const models = {} as ReturnType<typeof defineModels>;
  const store = new Store({ db: recorder, models, principal: principal(tenantId), userId: null, limits, clock, transaction: undefined });
  const outcome = await call(store).catch((error: unknown) => error);
  if (outcome instanceof Captured) return outcome.sent;
  throw new Error('The call sent no statement.', { cause: outcome });
}
