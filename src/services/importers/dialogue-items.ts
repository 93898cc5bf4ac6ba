import { type ImportedConversation, type ImportedMessage, type ImportItem, type Rejected, rejected } from './define.js';
import { idOf, nameOf, present } from './shapes.js';
import type { Dialogue } from './tree.js';

/** What is said of all that one dialogue becomes. */
type About = Omit<ImportedConversation, 'kind' | 'messages' | 'partOf'>;

/** A dialogue as conversations: the way that is shown, and each branch from where it leaves it. */
export function* dialogueItems(
  { path, branches }: Dialogue,
  about: About,
  where: string,
  messagesOf: (ids: readonly string[]) => ImportedMessage[],
): Generator<ImportItem | Rejected> {
  const { id, title, metadata } = about;
  const shown = messagesOf(path);
  if (shown.length === 0) yield rejected(where, 'There is no message in it.');
  else yield { ...about, kind: 'conversation', messages: shown, where };
  for (const { from, ids } of branches) {
    const messages = messagesOf(ids);
    if (messages.length === 0) continue;
    yield {
      ...about,
      ...{ kind: 'conversation', messages, where: `${where}, branch ${ids[0]}` },
      ...{ id: `${id}/${idOf(ids[0])}`, partOf: id, title: title && nameOf(`${title} (branch)`, 500) },
      metadata: { ...metadata, ...present({ branch_of: id, branched_after: from }) },
    };
  }
}
