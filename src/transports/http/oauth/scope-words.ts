import type { Scope } from '../../../principal.js';

/** What each scope lets a program do, in words for the person who decides. `admin` is chosen as a role. */
export const SCOPE_WORDS: Readonly<Record<Exclude<Scope, 'admin'>, { what: string; more: string }>> = {
  'conversations:read': { what: 'Read conversations', more: 'Messages, attachments and tasks, and search in them' },
  'conversations:write': { what: 'Save and change conversations', more: 'Add, edit and delete messages and tasks' },
  'memories:read': { what: 'Read memories', more: 'What was remembered from conversations' },
  'memories:write': { what: 'Remember and forget', more: 'Add, replace and delete memories' },
  'graph:read': { what: 'Read the memory graph', more: 'People, things and how they are related' },
  'graph:write': { what: 'Change the memory graph', more: 'Add, correct and delete what is in it' },
  'users:read': { what: 'Read profiles', more: 'What is known about people' },
  'users:write': { what: 'Change and erase profiles', more: 'Also to have everything about a person erased' },
};

export const ROLE_WORDS = {
  user: { what: 'For me only', more: 'It sees and changes what is mine' },
  service: { what: 'For everybody', more: 'It sees and changes what belongs to anyone in this tenant' },
  admin: { what: 'As an administrator', more: 'For everybody, and it may run and change how this tenant is looked after' },
} as const;
