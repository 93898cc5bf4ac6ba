import type { Transport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as ModernClient } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport as OldTransport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

type Content = { type: string; text?: string };
export type ToolResult = { isError?: boolean; content: Content[]; structuredContent?: Record<string, unknown> };
type Page<K extends string, T> = { [key in K]: T[] } & { nextCursor?: string | undefined };
export type Listed = { name: string; uri?: string; uriTemplate?: string };
export type Completion = { values: string[]; total?: number; hasMore?: boolean };
type Contents = { uri: string; mimeType?: string; text?: string; blob?: string };

/** What both clients can do, so that one suite runs over either. Errors of the protocol are thrown and have a `code`. */
export interface Peer extends AsyncDisposable {
  readonly revision: string | undefined;
  readonly instructions: string | undefined;
  readonly server: { name: string; version: string; title?: string | undefined } | undefined;
  listTools(cursor?: string): Promise<Page<'tools', Listed>>;
  callTool(name: string, args?: Record<string, unknown>, signal?: AbortSignal): Promise<ToolResult>;
  listResources(cursor?: string): Promise<Page<'resources', Listed>>;
  listTemplates(): Promise<Page<'resourceTemplates', Listed>>;
  readResource(uri: string): Promise<{ contents: Contents[] }>;
  listPrompts(): Promise<Page<'prompts', Listed>>;
  getPrompt(name: string, args?: Record<string, string>): Promise<{ messages: { role: string; content: Content }[] }>;
  complete(
    ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string },
    name: string,
    value: string,
  ): Promise<Completion>;
  /** Resolves when changes will be told; `onUpdate` gets the URI of each. */
  subscribe(uri: string, onUpdate: (uri: string) => void): Promise<() => Promise<void>>;
}

/** A client of revision 2025-11-25, as hosts in the field have it. */
export async function oldPeer(transport: OldTransport): Promise<Peer> {
  const client = new OldClient({ name: 'old', version: '1' });
  await client.connect(transport);
  const updated = listeners();
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => updated.tell(params.uri));
  return {
    ...common(client, (cursor) => client.listResources(cursor === undefined ? {} : { cursor })),
    revision: (transport as { _protocolVersion?: string })._protocolVersion,
    async subscribe(uri, onUpdate) {
      const forget = updated.add(uri, onUpdate);
      await client.subscribeResource({ uri });
      return async () => {
        forget();
        await client.unsubscribeResource({ uri });
      };
    },
  };
}

/** A client of revision 2026-07-28, which knows no handshake. */
export async function modernPeer(transport: ModernTransport): Promise<Peer> {
  const client = new ModernClient({ name: 'modern', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(transport);
  const updated = listeners();
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => updated.tell(params.uri));
  return {
    // Its own method reads all pages at once when no cursor is given.
    ...common(client, (cursor) => client.request({ method: 'resources/list', params: cursor === undefined ? {} : { cursor } })),
    revision: client.getNegotiatedProtocolVersion(),
    async subscribe(uri, onUpdate) {
      const forget = updated.add(uri, onUpdate);
      const subscription = await client.listen({ resourceSubscriptions: [uri] });
      return async () => {
        forget();
        await subscription.close();
      };
    },
  };
}

function common(client: OldClient | ModernClient, listPage: Peer['listResources']) {
  // The two lines of the SDK differ in types that say the same.
  const same = client as OldClient;
  const page = (cursor: string | undefined) => (cursor === undefined ? {} : { cursor });
  return {
    instructions: client.getInstructions(),
    server: client.getServerVersion(),
    listTools: (cursor?: string) => same.listTools(page(cursor)) as Promise<Page<'tools', Listed>>,
    callTool: async (name: string, args: Record<string, unknown> = {}, signal?: AbortSignal) =>
      (client instanceof OldClient
        ? await client.callTool({ name, arguments: args }, undefined, signal ? { signal } : {})
        : await client.callTool({ name, arguments: args }, signal ? { signal } : {})) as ToolResult,
    listResources: (cursor?: string) => listPage(cursor),
    listTemplates: () => same.listResourceTemplates() as Promise<Page<'resourceTemplates', Listed>>,
    readResource: (uri: string) => same.readResource({ uri }) as Promise<{ contents: Contents[] }>,
    listPrompts: () => same.listPrompts() as Promise<Page<'prompts', Listed>>,
    getPrompt: (name: string, args: Record<string, string> = {}) =>
      same.getPrompt({ name, arguments: args }) as unknown as Promise<{ messages: { role: string; content: Content }[] }>,
    complete: async (ref: Parameters<Peer['complete']>[0], name: string, value: string) =>
      (await same.complete({ ref, argument: { name, value } })).completion as Completion,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function listeners() {
  const byUri = new Map<string, (uri: string) => void>();
  return {
    tell: (uri: string) => byUri.get(uri)?.(uri),
    add(uri: string, listener: (uri: string) => void) {
      byUri.set(uri, listener);
      return () => void byUri.delete(uri);
    },
  };
}
