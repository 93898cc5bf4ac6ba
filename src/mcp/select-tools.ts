import { mayUse } from '../principal.js';
import type { Tool } from './define.js';
import type { Session } from './session.js';

/** The tools a session may see: what it may not call is not even listed. */
export const selectTools = (tools: readonly Tool[], { toolsets, readOnly, principal }: Session): Tool[] =>
  tools.filter((tool) => toolsets.has(tool.toolset) && mayUse(principal, tool.scope) && (tool.annotations.readOnlyHint || !readOnly));
