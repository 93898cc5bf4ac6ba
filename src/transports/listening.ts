import type { Log } from '../log.js';
import type { Subscriptions } from '../mcp/subscriptions.js';

/**
 * The resources a `subscriptions/listen` request is about; undefined for any other message. The SDK answers that request
 * itself and tells nobody which resources it names, so transports read it off the wire.
 */
export function listenedTo(message: unknown): string[] | undefined {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: { notifications?: { resourceSubscriptions?: unknown } } };
  const uris = method === 'subscriptions/listen' ? params?.notifications?.resourceSubscriptions : undefined;
  return Array.isArray(uris) ? uris.filter((uri) => typeof uri === 'string') : undefined;
}

/**
 * Resolves when the resources are watched; only then may the request go on to the SDK, because once the client has its
 * answer no change may be missed. What cannot be watched is left out: that request has no way to refuse one of several.
 */
export async function watchAll(subscriptions: Subscriptions, owner: string, uris: readonly string[], log: Log): Promise<void> {
  await Promise.all(
    uris.map((uri) => subscriptions.add(owner, uri).catch((error: unknown) => log.debug({ err: error, uri }, 'nothing to subscribe to'))),
  );
}
