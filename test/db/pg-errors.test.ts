import { ConnectionRefusedError, DatabaseError as SequelizeDatabaseError } from 'sequelize';
import { expect, test } from 'vitest';
import { constraintOf, isConnectionLost, isContention, toAppError, wasNotSent } from '../../src/db/pg-errors.js';
import { AppError } from '../../src/errors.js';

const driverError = (code: string, details: object = {}): Error => Object.assign(new Error(`secret text of ${code}`), { code, ...details });

test.each([
  ['23505', 'conflict'],
  ['23503', 'not_found'],
  ['23514', 'invalid_input'],
  ['23502', 'invalid_input'],
  ['22P05', 'invalid_input'],
  ['22021', 'invalid_input'],
  ['22001', 'invalid_input'],
  ['22P02', 'invalid_input'],
  ['42501', 'forbidden'],
  ['40001', 'unavailable'],
  ['40P01', 'unavailable'],
  ['53300', 'unavailable'],
  ['53100', 'unavailable'],
  ['54000', 'invalid_input'],
  ['57014', 'unavailable'],
  ['57P01', 'unavailable'],
  ['08006', 'unavailable'],
  ['25P03', 'unavailable'],
  ['ECONNRESET', 'unavailable'],
  ['ENOTFOUND', 'unavailable'],
  ['42601', 'internal'],
  ['42P01', 'internal'],
  ['XX000', 'internal'],
])('%s becomes %s, in words of our own', (code, expected) => {
  const error = driverError(code);
  const translated = toAppError(error);
  expect(translated.code).toBe(expected);
  expect(translated.cause).toBe(error);
  expect(`${translated.message} ${translated.hint}`).not.toContain('secret');
});

test.each(['conversations_tenant_id_fk', 'tasks_user_id_fk'])('what is written for somebody who is gone says so: %s', (constraint) => {
  expect(toAppError(driverError('23503', { constraint }))).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('removed'),
  });
  expect(toAppError(driverError('23503', { constraint: 'tasks_conversation_id_fk' })).code).toBe('not_found');
});

test('what Sequelize wraps is looked into', () => {
  const inner = driverError('23505', { constraint: 'users_external_id_key', sql: '' });
  const wrapped = new SequelizeDatabaseError(inner as ConstructorParameters<typeof SequelizeDatabaseError>[0]);
  expect(toAppError(wrapped).code).toBe('conflict');
  expect(constraintOf(wrapped)).toBe('users_external_id_key');
});

test('a constraint on a shard of Citus, which only the message names, has the name it was given', () => {
  const message = 'duplicate key value violates unique constraint "messages_pk_102014"';
  expect(constraintOf(driverError('23505', { message }))).toBe('messages_pk');
  expect(constraintOf(driverError('22P02', { message }))).toBeUndefined();
});

test('our own errors pass through and foreign ones are internal', () => {
  const own = new AppError('quota_exceeded', 'Too much.');
  expect(toAppError(own)).toBe(own);
  expect(toAppError(new TypeError('x is not a function')).code).toBe('internal');
  expect(toAppError('a string').code).toBe('internal');
});

test('a lost connection is told from a statement that failed, and one never sent from one of unknown fate', () => {
  for (const code of ['57P01', '57P02', '57P03', '08003', '08006', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ECONNREFUSED'])
    expect(isConnectionLost(driverError(code))).toBe(true);
  for (const code of ['57014', '23505', '42P01', '25P02']) expect(isConnectionLost(driverError(code))).toBe(false);
  expect(isConnectionLost(new Error('Connection terminated unexpectedly'))).toBe(true);
  expect(isConnectionLost(new Error('Something else'))).toBe(false);

  const refused = new ConnectionRefusedError(driverError('ECONNREFUSED'));
  expect(wasNotSent(refused)).toBe(true);
  expect(wasNotSent(new Error('Client has encountered a connection error and is not queryable'))).toBe(true);
  expect(wasNotSent(driverError('ECONNRESET'))).toBe(false);
  expect(wasNotSent(new Error('Connection terminated unexpectedly'))).toBe(false);
});

test('serialization failures and deadlocks ask for another try', () => {
  expect(isContention(driverError('40001'))).toBe(true);
  expect(isContention(driverError('40P01'))).toBe(true);
  expect(isContention(driverError('23505'))).toBe(false);
});
