import type { z } from 'zod';
import type { Principal, Scope } from '../principal.js';
import type { Store } from '../repository/store.js';
import type { ChangeFeed } from '../services/change-feed.js';
import type { Embeddings } from '../services/embeddings/embeddings.js';
import type { JobControl } from '../services/job-control.js';
import type { Recall } from '../services/recall.js';
import { TOOLSETS, type Toolset } from '../toolsets.js';

/** All four are required: a hint left out is read by clients as its worst case. */
type Annotations = Readonly<{ readOnlyHint: boolean; destructiveHint: boolean; idempotentHint: boolean; openWorldHint: boolean }>;

export { TOOLSETS, type Toolset };

/** What a definition may use. It knows no SDK: the adapter in server.ts makes one of these for each call. */
export type CallContext = Readonly<{
  store: Store;
  principal: Principal;
  /** Tells when somebody wrote; the adapter reports what a tool that is not read-only wrote. */
  changes: ChangeFeed;
  /** Turns questions into vectors, where a provider is configured. */
  embeddings: Embeddings;
  /** Finds what was said and learned. */
  recall: Recall;
  /** What the server does by itself. */
  jobs: JobControl;
  /** To be called when somebody lost access, where credentials are taken. */
  forgetCredentials: (() => Promise<void>) | undefined;
  /** Aborted when the client cancels the call or goes away. */
  signal: AbortSignal;
}>;

export type Tool<In extends z.ZodObject = z.ZodObject, Out extends z.ZodObject = z.ZodObject> = {
  name: string;
  title: string;
  description: string;
  toolset: Toolset;
  scope: Scope;
  annotations: Annotations;
  /** It may wait for something to happen: the answer is a long way off then, and worth being taken up again. */
  waits?: true;
  /** A strict object: an unknown key is an error that names it. */
  input: In;
  output: Out;
  /** The short text beside the structured result: what happened, and the ids the next call needs. */
  text(output: z.output<Out>): string;
  // Method syntax on purpose: it is bivariant, so a registry can hold tools of different inputs.
  run(input: z.output<In>, context: CallContext): Promise<z.input<Out>>;
};

/** Ties `run` to the schemas above it; does nothing at run time. */
export const defineTool = <In extends z.ZodObject, Out extends z.ZodObject>(tool: Tool<In, Out>): Tool<In, Out> => tool;

/** Suggests values for one argument of a prompt or a resource template, best first. */
export type Complete = (prefix: string, context: CallContext) => Promise<string[]>;

type ResourceContents = { mimeType: string } & ({ text: string } | { blob: string });

/** One entry of `resources/list`. */
export type ResourceEntry = { uri: string; name: string; title: string; description?: string; mimeType: string };

export type ResourceDefinition<Params extends string = string> = {
  name: string;
  title: string;
  description: string;
  /** A fixed URI, or an RFC 6570 template with simple `{name}` and query `{?a,b}` expressions. */
  uriTemplate: string;
  mimeType: string;
  scope: Scope;
  read(params: Partial<Record<Params, string>>, context: CallContext): Promise<ResourceContents>;
  /** The concrete resources behind a template, newest first, from `cursor` on. A fixed URI lists itself. */
  list?(
    page: { cursor: string | null; limit: number },
    context: CallContext,
  ): Promise<{ entries: ResourceEntry[]; nextCursor: string | null }>;
  complete?: Partial<Record<Params, Complete>>;
  /** The conversation whose changes are changes of this resource. Without it or `topicOf` nobody can subscribe to it. */
  conversationOf?(params: Partial<Record<Params, string>>): string | undefined;
  /** What else the changes of this resource are announced as. */
  topicOf?(params: Partial<Record<Params, string>>, context: CallContext): string;
};

export const defineResource = <P extends string>(resource: ResourceDefinition<P>): ResourceDefinition<P> => resource;

type PromptArgument = { name: string; description: string; required: boolean; complete?: Complete };

export type PromptDefinition = {
  name: string;
  title: string;
  description: string;
  scope: Scope;
  arguments: readonly PromptArgument[];
  /** The text of the one user message the prompt becomes. */
  render(args: Record<string, string>, context: CallContext): Promise<string>;
};

export const definePrompt = (prompt: PromptDefinition): PromptDefinition => prompt;
