import { defineCommand } from '../../define.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';

const switching = (name: 'enable' | 'disable', summary: string, done: string) =>
  defineCommand({
    name,
    summary,
    settings: STORAGE_SETTINGS,
    operand: { name: 'job', description: 'its name; recollect jobs list shows them' },
    run: (invocation) =>
      withDatabase(invocation, async (_, { jobs }) => {
        const { operand = '', output } = invocation;
        const job = operand.replaceAll('-', '_');
        await jobs.switch(job, name === 'enable');
        output.line(`${job} ${done}`);
        return 0;
      }),
  });

export const enable = switching('enable', 'let every server run a job again', 'is switched on.');
export const disable = switching('disable', 'keep every server from running a job', 'is switched off. recollect jobs run still runs it.');
