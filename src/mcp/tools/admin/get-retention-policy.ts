import { z } from 'zod';
import { defineTool } from '../../define.js';
import { policyText, policyView, viewPolicy } from '../../policy-views.js';

export default defineTool({
  name: 'get_retention_policy',
  title: 'Get the retention policy',
  description:
    'How long the tenant keeps things and how much it may store: what is in force, what of it the tenant set for itself, and what is used.',
  toolset: 'admin',
  scope: 'admin',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({}),
  output: policyView,
  run: (_input, { store }) => viewPolicy(store),
  text: policyText,
});
