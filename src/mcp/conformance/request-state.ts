import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, type ServerContext } from '@modelcontextprotocol/server';
import { invalidParams } from '../errors.js';

type RequestState = { of: string; name?: string };

const codec = createRequestStateCodec<RequestState>({ key: randomBytes(32), ttlSeconds: 600 });

/** What a client has to bring back with its next attempt. */
export const writeState = (state: RequestState): Promise<string> => codec.mint(state);

/** What it was given, if it brings anything; throws when it is not what was given. */
export async function readState(context: ServerContext): Promise<RequestState | undefined> {
  const state = context.mcpReq.requestState<string>();
  if (state === undefined) return undefined;
  try {
    return await codec.verify(state, context);
  } catch {
    throw invalidParams('The requestState is not one that was given, or has expired.');
  }
}
