import { ProtocolError, type ReadResourceResult, type Resource, type Server, type ServerContext } from '@modelcontextprotocol/server';
import type { CallContext, ResourceDefinition, ResourceEntry } from './define.js';
import { publicError, toProtocolError } from './errors.js';
import { findResource, isTemplate, selectResources } from './find-resource.js';
import { readListCursor, writeListCursor } from './list-cursor.js';
import { openContext, type Session } from './session.js';
import type { Subscriptions } from './subscriptions.js';

const PAGE_SIZE = 50;
/** Subscriptions of a connection of the older revisions are the connection's own; newer ones belong to a request. */
const CONNECTION = 'connection';

export function serveResources(server: Server, session: Session, subscriptions: Subscriptions): void {
  const available = selectResources(session);
  const listed = available.filter((resource) => !isTemplate(resource) || resource.list);

  /** Errors of a request about resources leave as protocol errors. */
  const answer = async <T>(
    context: ServerContext,
    data: Record<string, unknown> | undefined,
    work: (open: () => Promise<CallContext>) => Promise<T>,
  ): Promise<T> => {
    try {
      return await work(() => openContext(session, context.mcpReq));
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      throw toProtocolError(publicError(error, session.log, context, { resource: data?.uri }), data);
    }
  };

  server.setRequestHandler('resources/list', ({ params }, context) =>
    answer(context, undefined, async (open) => {
      const start = params?.cursor === undefined ? { index: 0, inner: null } : readListCursor(params.cursor);
      return listPage(listed, start, open);
    }),
  );

  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: available.filter(isTemplate).map(({ name, title, description, uriTemplate, mimeType }) => ({
      name,
      title,
      description,
      uriTemplate,
      ...(mimeType && { mimeType }),
    })),
  }));

  server.setRequestHandler('resources/read', ({ params: { uri } }, context) =>
    answer(context, { uri }, async (open): Promise<ReadResourceResult> => {
      const { resource, params } = findResource(session, uri);
      return { contents: [{ uri, ...(await resource.read(params, await open())) }] };
    }),
  );

  server.setRequestHandler('resources/subscribe', ({ params: { uri } }, context) =>
    answer(context, { uri }, async () => {
      await subscriptions.add(CONNECTION, uri);
      return {};
    }),
  );

  server.setRequestHandler('resources/unsubscribe', ({ params: { uri } }) => {
    subscriptions.remove(CONNECTION, uri);
    return {};
  });
}

/** Goes through the kinds in their order until the page is full. Fixed resources need no database. */
async function listPage(
  listed: readonly ResourceDefinition[],
  start: { index: number; inner: string | null },
  open: () => Promise<CallContext>,
) {
  const entries: Resource[] = [];
  let { index, inner } = start;
  for (; index < listed.length && entries.length < PAGE_SIZE; index += 1) {
    const resource = listed[index]!;
    if (!resource.list) {
      entries.push(fixedEntry(resource));
      continue;
    }
    const page = await resource.list({ cursor: inner, limit: PAGE_SIZE - entries.length }, await open());
    entries.push(...page.entries);
    inner = page.nextCursor;
    if (inner !== null) break;
  }
  return { resources: entries, ...(index < listed.length && { nextCursor: writeListCursor({ index, inner }) }) };
}

const fixedEntry = ({ name, title, description, uriTemplate, mimeType }: ResourceDefinition): ResourceEntry => ({
  uri: uriTemplate,
  name,
  title,
  description,
  mimeType,
});
