import { ResourceNotFoundError } from '@modelcontextprotocol/server';
import { mayUse } from '../principal.js';
import type { ResourceDefinition } from './define.js';
import { perSession } from './per-session.js';
import { resources } from './resources/index.js';
import type { Session } from './session.js';
import { uriTemplate } from './uri-template.js';

const templates = new Map(resources.map((resource) => [resource, uriTemplate(resource.uriTemplate)]));

export const isTemplate = ({ uriTemplate }: ResourceDefinition): boolean => uriTemplate.includes('{');

export const selectResources = perSession(({ principal }): ResourceDefinition[] =>
  resources.filter(({ scope }) => mayUse(principal, scope)),
);

export function findResource(session: Session, uri: string): { resource: ResourceDefinition; params: Record<string, string> } {
  for (const resource of selectResources(session)) {
    const params = templates.get(resource)?.match(uri);
    if (params) return { resource, params };
  }
  throw new ResourceNotFoundError(uri, `Unknown resource ${uri.slice(0, 200)}. resources/templates/list names the shapes there are.`);
}
