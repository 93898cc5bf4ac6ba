import { z } from 'zod';
import { invalidInput } from '../../../errors.js';
import { RETENTION_KEYS, RETENTION_SHAPE } from '../../../repository/retention/retention-policy.js';
import { defineTool } from '../../define.js';
import { policyText, policyView, viewPolicy } from '../../policy-views.js';

const { days: _alias, ...limits } = RETENTION_SHAPE;

export default defineTool({
  name: 'set_retention_policy',
  title: 'Set the retention policy',
  description:
    "Change how long the tenant keeps things, over what the server's configuration says; null switches a limit off for this tenant. It takes effect with the next run: look with run_retention (dry_run) what that would do. Quotas belong to the operator.",
  toolset: 'admin',
  scope: 'admin',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    ...limits,
    unset: z.array(z.enum(RETENTION_KEYS)).max(20).optional().describe("Limits that go back to the server's configuration."),
  }),
  output: policyView,

  async run({ unset = [], ...given }, { store }) {
    const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const both = unset.find((key) => key in set);
    if (both) throw invalidInput(`${both} is both set and unset. Nothing was changed.`);
    if (unset.length === 0 && Object.keys(set).length === 0)
      throw invalidInput('Say what to change.', `Limits are: ${RETENTION_KEYS.join(', ')}.`);
    await store.policies.change(set, unset);
    return viewPolicy(store);
  },

  text: policyText,
});
