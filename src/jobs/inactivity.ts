import { AppError } from '../errors.js';
import { retain, totalOf } from '../services/retention.js';
import { defineJob } from './define.js';
import { figuresOf } from './retention-figures.js';

export default defineJob({
  name: 'inactivity',
  summary: 'ends conversations that nobody has added to for long',
  setting: 'jobInactivity',

  async runFor(tenantId, { host, signal }) {
    try {
      return figuresOf(totalOf(await retain(host.retention, [tenantId], { signal, part: 'inactivity' })));
    } catch (error) {
      // Whoever carries out all of retention at this moment does this, too.
      if (error instanceof AppError && error.code === 'conflict') return {};
      throw error;
    }
  },
});
