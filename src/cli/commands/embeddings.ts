import type { EmbeddingMaintenance, EmbeddingReport } from '../../services/embeddings/maintenance.js';
import { defineCommand, type ExitCode, flag, type Invocation } from '../define.js';
import { columns, type Output } from '../output.js';
import { ALL_SETTINGS } from '../program.js';

const status = defineCommand({
  name: 'status',
  summary: 'show which models have embedded how much, and whether the provider works',
  settings: ALL_SETTINGS,
  options: { json: flag('print JSON') },
  run: ({ options, config, output }) =>
    onTenant({ config, output }, async (maintenance) => {
      const report = await maintenance.status();
      if (options.json) output.json(report);
      else printStatus(report, output);
    }),
});

const backfill = defineCommand({
  name: 'backfill',
  summary: 'embed everything that has no vector yet, now',
  details:
    'Embeds every message and memory of the tenant that has no vector of the configured model. Servers do the same in the background;\n' +
    'this is for a first start with much to do, and looks at everything again. Stopping it loses nothing.',
  settings: ALL_SETTINGS,
  run: ({ config, output }) =>
    onTenant({ config, output }, async (maintenance) => {
      const left = await maintenance.backfill((pending) => output.note(`${pending} to go …`));
      output.line(left === 0 ? 'Everything is embedded.' : `Everything is embedded but ${left} texts that the provider does not take.`);
    }),
});

const prune = defineCommand({
  name: 'prune',
  summary: 'remove the vectors of earlier models',
  settings: ALL_SETTINGS,
  run: ({ config, output }) =>
    onTenant({ config, output }, async (maintenance) => {
      output.line(`Removed ${await maintenance.prune()} vectors of earlier models.`);
    }),
});

export default defineCommand({
  name: 'embeddings',
  summary: 'look after search by meaning',
  subcommands: [status, backfill, prune],
});

async function onTenant(
  { config: readConfig, output }: Pick<Invocation, 'config' | 'output'>,
  work: (maintenance: EmbeddingMaintenance) => Promise<void>,
): Promise<ExitCode> {
  const config = readConfig();
  // Loaded here and not above: help shows this command too, and should not wait for a database driver.
  const [{ openApp }, { EmbeddingQueue }, { EmbeddingMaintenance }, { provisionTenant }] = await Promise.all([
    import('../../app.js'),
    import('../../repository/vectors/embedding-queue.js'),
    import('../../services/embeddings/maintenance.js'),
    import('../../repository/provision.js'),
  ]);
  output.note('Opening the database …');
  await using app = openApp(config);
  const { db, models } = await app.database();
  await provisionTenant(models, config.tenant);
  const maintenance = new EmbeddingMaintenance(new EmbeddingQueue(db, config.tenant), config.tenant, config, app.log);
  try {
    await work(maintenance);
  } finally {
    maintenance.close();
  }
  return 0;
}

function printStatus({ configured, trouble, pending, spaces }: EmbeddingReport, output: Output): void {
  output.line(
    configured ? `Configured: ${configured.model} (${configured.provider}), ${pending} to embed.` : 'No embedding provider is configured.',
  );
  if (configured) output.line(trouble === null ? 'The provider works.' : `The provider does not work: ${trouble}.`);
  const rows = spaces.map(
    ({ model, provider, dimensions, vectors, pending: left, state }) =>
      [`${model} (${provider}, ${dimensions})`, `${vectors} vectors, ${left} to go, ${state}`] as const,
  );
  for (const line of columns(rows)) output.line(line);
}
