import { retain, totalOf } from '../services/retention.js';
import { defineJob } from './define.js';
import { figuresOf } from './retention-figures.js';

export default defineJob({
  name: 'retention',
  summary: 'carries out the retention policy of each tenant: messages, conversations, memories and logs',
  setting: 'jobRetention',
  runFor: async (tenantId, { host, signal }) => figuresOf(totalOf(await retain(host.retention, [tenantId], { signal }))),
});
