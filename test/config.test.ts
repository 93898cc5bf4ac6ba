import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { envName, FIELD_NAMES } from '../src/config/fields.js';
import { ConfigError, describeConfig, environmentOf, loadConfig } from '../src/config.js';

const folder = mkdtempSync(join(tmpdir(), 'recollect-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function problemsOf(...args: Parameters<typeof loadConfig>): readonly string[] {
  try {
    loadConfig(...args);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('precedence', () => {
  it('has a default for everything', () => {
    const config = loadConfig({}, {});
    expect(config).toMatchObject({
      databaseUrl: null,
      durability: 'full',
      tenant: 'local',
      user: null,
      role: 'service',
      toolsets: ['core'],
      autoMigrate: true,
    });
    expect(config).toMatchObject({ readOnly: false, logSql: false, maxMessageBytes: 1024 ** 2, maxAssetBytes: 8 * 1024 ** 2 });
    expect(config.dataDir).toMatch(/recollect/);
    expect(config.dataDir).not.toContain('nodejs');
  });

  it('puts flags over the environment over the file over defaults', () => {
    const RECOLLECT_CONFIG = file('precedence.yaml', 'tenant: from-file\npool_max: 3\nlog_level: error\n');
    const env = { RECOLLECT_CONFIG, RECOLLECT_TENANT: 'from-env', RECOLLECT_POOL_MAX: '4' };
    expect(loadConfig({ tenant: 'from-flag' }, env)).toMatchObject({
      tenant: 'from-flag',
      poolMax: 4,
      logLevel: 'error',
      durability: 'full',
    });
  });

  it('takes an empty or blank value as not set', () => {
    const RECOLLECT_CONFIG = file('empty.yaml', 'tenant: from-file\nuser: ""\nlog_level:\n');
    expect(loadConfig({ tenant: '' }, { RECOLLECT_CONFIG, RECOLLECT_TENANT: ' ' })).toMatchObject({
      tenant: 'from-file',
      user: null,
      logLevel: 'warn',
    });
  });

  it('lets a flag switch off what the environment switched on', () => {
    expect(loadConfig({ readOnly: false }, { RECOLLECT_READ_ONLY: 'yes' }).readOnly).toBe(false);
  });

  it('is frozen', () => {
    expect(Object.isFrozen(loadConfig({}, {}))).toBe(true);
  });
});

describe('the file', () => {
  it('may be JSON, with lists, and names paths relative to itself', () => {
    const config = file('settings.json', '{\n\t"data_dir": "memory",\n\t"toolsets": ["core", "users"],\n\t"log_sql": true\n}');
    expect(loadConfig({ config }, {})).toMatchObject({
      dataDir: join(folder, 'memory'),
      toolsets: ['core', 'users'],
      logSql: true,
      config,
    });
  });

  it('may be empty', () => {
    expect(loadConfig({ config: file('nothing.yaml', '# later\n') }, {}).tenant).toBe('local');
  });

  it('is refused with the closest name for an unknown key, and with its path when it is missing, broken or no mapping', () => {
    expect(problemsOf({ config: file('typo.yaml', 'pool-max: 3\n') }, {})).toEqual([
      expect.stringMatching(/^pool-max in .*typo\.yaml is not a setting\. Did you mean pool_max\?$/),
    ]);
    expect(problemsOf({ config: file('nested.yaml', 'tenant: { id: x }\n') }, {})).toEqual([
      expect.stringContaining('must be a single value'),
    ]);
    expect(problemsOf({ config: file('list.yaml', '- tenant\n') }, {})).toEqual([expect.stringContaining('not a list')]);
    expect(problemsOf({ config: join(folder, 'absent.yaml') }, {})).toEqual([
      expect.stringContaining('absent.yaml (RECOLLECT_CONFIG) cannot be read: ENOENT'),
    ]);
  });

  it('is not quoted when it cannot be read, because it may hold a password', () => {
    const [problem] = problemsOf({ config: file('broken.json', '{ "database_url": "postgresql://u:geheim@h/d" "tenant": 1 ') }, {});
    expect(problem).toContain('cannot be read');
    expect(problem).not.toContain('geheim');
  });
});

describe('problems', () => {
  it('are all reported at once, each with the setting, the value and what is allowed', () => {
    const problems = problemsOf(
      { durability: 'sometimes' },
      {
        RECOLLECT_POOL_MAX: '0',
        RECOLLECT_AUTO_MIGRATE: 'maybe',
        RECOLLECT_TENANT: 'Not A Tenant',
        RECOLLECT_ROLE: 'robot',
        RECOLLECT_TOOLSETS: 'core,gadgets',
        RECOLLECT_LOG_LEVEL: 'loud',
        RECOLLECT_MAX_MESSAGE_BYTES: '3 GiB',
        RECOLLECT_DATADIR: '/tmp',
      },
    );
    expect(problems).toEqual([
      'RECOLLECT_DATADIR is not a setting. Did you mean RECOLLECT_DATA_DIR?',
      '--durability is "sometimes"; allowed: full, fast.',
      'RECOLLECT_POOL_MAX is "0"; allowed: a whole number from 1 to 200.',
      'RECOLLECT_AUTO_MIGRATE is "maybe"; allowed: true or false.',
      expect.stringMatching(/^RECOLLECT_TENANT is "Not A Tenant"; allowed: 1 to 63 lower-case letters/),
      'RECOLLECT_ROLE is "robot"; allowed: user, service, admin.',
      expect.stringMatching(/^RECOLLECT_TOOLSETS is "core,gadgets"; allowed: all, or a comma-separated list of core, messages/),
      expect.stringMatching(/^RECOLLECT_LOG_LEVEL is "loud"; allowed: silent, error, warn/),
      expect.stringMatching(/^RECOLLECT_MAX_MESSAGE_BYTES is "3 GiB"; allowed: a whole number of bytes from 1 KiB to 16 MiB/),
    ]);
  });

  it('never contain a secret', () => {
    const error = new ConfigError(problemsOf({}, { RECOLLECT_DATABASE_URL: 'mysql://root:geheim@db/x' }));
    expect(error.message).toContain('RECOLLECT_DATABASE_URL has a value that is not shown here; allowed: an address such as postgresql://');
    expect(error.message).not.toContain('geheim');
  });

  it.each(['HOME', 'env:DIR', 'input:folder', 'workspaceFolder'])(
    'include the placeholder of a client that was left in: %s',
    (placeholder) => {
      const written = `$\{${placeholder}}`;
      const [problem, ...others] = problemsOf({}, { RECOLLECT_DATA_DIR: `${written}/memory` });
      expect(others).toEqual([]);
      expect(problem).toContain(`RECOLLECT_DATA_DIR still contains ${written}: the client passed it on without replacing it.`);
    },
  );

  it('do not include variables of the tests', () => {
    expect(problemsOf({}, { RECOLLECT_TEST_DATABASE_URL: 'x', RECOLLECT_BENCH_ROWS: '1', HOME: '/root' })).toEqual([]);
  });
});

describe('values', () => {
  it('of sizes have units', () => {
    const sizes = ['2097152', '2MiB', '2 mib', '2048KiB'].map(
      (size) => loadConfig({}, { RECOLLECT_MAX_MESSAGE_BYTES: size }).maxMessageBytes,
    );
    expect(new Set(sizes)).toEqual(new Set([2 * 1024 ** 2]));
    expect(loadConfig({}, { RECOLLECT_MAX_ASSET_BYTES: '5MB' }).maxAssetBytes).toBe(5_000_000);
  });

  it('of toolsets are a list or all, in any order and without repetitions', () => {
    expect(loadConfig({}, { RECOLLECT_TOOLSETS: ' users, core,users ' }).toolsets).toEqual(['core', 'users']);
    expect(loadConfig({}, { RECOLLECT_TOOLSETS: 'all' }).toolsets).toContain('admin');
  });

  it('of paths know the home folder', () => {
    expect(loadConfig({ dataDir: '~/memory' }, {}).dataDir).toBe(join(homedir(), 'memory'));
  });

  it('of user and role go together', () => {
    expect(loadConfig({ user: 'mara' }, {})).toMatchObject({ user: 'mara', role: 'user' });
    expect(loadConfig({ user: 'mara', role: 'service' }, {})).toMatchObject({ user: 'mara', role: 'service' });
    expect(problemsOf({ role: 'user' }, {})).toEqual([expect.stringContaining('Set RECOLLECT_USER')]);
  });

  it('of embeddings go together', () => {
    const RECOLLECT_EMBEDDINGS_URL = 'http://localhost:11434/v1';
    const both = { RECOLLECT_EMBEDDINGS_URL, RECOLLECT_EMBEDDINGS_MODEL: 'bge-m3' };
    expect(loadConfig({}, { ...both, RECOLLECT_EMBEDDINGS_WEIGHT: '0.5' })).toMatchObject({
      embeddingsModel: 'bge-m3',
      embeddingsWeight: 0.5,
      embeddingsBatch: 32,
    });
    expect(problemsOf({}, { RECOLLECT_EMBEDDINGS_URL })).toEqual([expect.stringContaining('Set RECOLLECT_EMBEDDINGS_MODEL')]);
    expect(problemsOf({}, { RECOLLECT_EMBEDDINGS_MODEL: 'x' })).toEqual([expect.stringContaining('Set RECOLLECT_EMBEDDINGS_URL or')]);
    expect(problemsOf({}, { ...both, RECOLLECT_EMBEDDINGS_MODEL_DIR: '/m' })).toEqual([expect.stringContaining('cannot be combined')]);
    expect(problemsOf({}, { ...both, RECOLLECT_EMBEDDINGS_URL: 'localhost:1', RECOLLECT_EMBEDDINGS_WEIGHT: '-1' })).toHaveLength(2);
  });

  it('of a server on the network are written as they are used', () => {
    expect(loadConfig({}, {})).toMatchObject({ http: false, host: '127.0.0.1', port: 3000, auth: true, trustProxy: [], allowedHosts: [] });
    const env = {
      RECOLLECT_HOST: '[::1]',
      RECOLLECT_PUBLIC_URL: 'https://Memory.Example.com/',
      RECOLLECT_ALLOWED_HOSTS: 'Memory.example.com, ::1, *',
      RECOLLECT_ALLOWED_ORIGINS: 'https://app.example.com:8443, http://localhost:6274,moz-extension://abc',
      RECOLLECT_TRUST_PROXY: 'loopback, 10.0.0.0/8',
    };
    expect(loadConfig({}, env)).toMatchObject({
      host: '::1',
      publicUrl: 'https://memory.example.com',
      allowedHosts: ['memory.example.com', '[::1]', '*'],
      allowedOrigins: ['https://app.example.com:8443', 'http://localhost:6274', 'moz-extension://abc'],
      trustProxy: ['loopback', '10.0.0.0/8'],
    });
    expect(loadConfig({ trustProxy: 'off' }, env).trustProxy).toEqual([]);
    expect(loadConfig({ trustProxy: '2' }, env).trustProxy).toEqual(['2']);
  });

  it.each([
    ['RECOLLECT_HOST', 'http://localhost'],
    ['RECOLLECT_HOST', 'a b'],
    ['RECOLLECT_PORT', '70000'],
    ['RECOLLECT_PUBLIC_URL', 'https://example.com/memory'],
    ['RECOLLECT_PUBLIC_URL', 'example.com'],
    ['RECOLLECT_PUBLIC_URL', 'ftp://example.com'],
    ['RECOLLECT_ALLOWED_HOSTS', 'example.com:3000'],
    ['RECOLLECT_ALLOWED_HOSTS', 'https://example.com'],
    ['RECOLLECT_ALLOWED_ORIGINS', 'example.com'],
    ['RECOLLECT_ALLOWED_ORIGINS', 'https://example.com/path'],
    ['RECOLLECT_TRUST_PROXY', 'yes'],
    ['RECOLLECT_TRUST_PROXY', '10.0.0.0/33'],
    ['RECOLLECT_TRUST_PROXY', '1.2.3.4/8/8'],
  ])('of %s are not %s', (name, value) => {
    expect(problemsOf({}, { [name]: value })).toEqual([expect.stringContaining(`${name} is "${value}"; allowed: `)]);
  });

  it('leave sign-in off only where nobody else can come', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1', '127.1.2.3'])
      expect(loadConfig({ http: true, auth: false, host }, {}).auth).toBe(false);
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'memory.internal', 'localhost.example.com'])
      expect(problemsOf({ http: true, auth: false, host }, {})).toEqual([
        expect.stringContaining('Without sign-in it serves this machine only'),
      ]);
    expect(problemsOf({ auth: false, host: '0.0.0.0' }, {})).toEqual([]);
  });

  it('of the log say more over HTTP, unless told otherwise', () => {
    expect(loadConfig({ http: true }, {}).logLevel).toBe('info');
    expect(loadConfig({ http: true }, { RECOLLECT_LOG_LEVEL: 'error' }).logLevel).toBe('error');
  });

  it('of prefixes keep their blanks', () => {
    expect(loadConfig({}, { RECOLLECT_EMBEDDINGS_QUERY_PREFIX: 'query: ' }).embeddingsQueryPrefix).toBe('query: ');
  });
});

describe('passing it on', () => {
  const env = {
    RECOLLECT_EMBEDDINGS_URL: 'https://mara:geheim@ai.internal/v1?api-key=geheim',
    RECOLLECT_EMBEDDINGS_MODEL: 'bge-m3',
    RECOLLECT_EMBEDDINGS_API_KEY: 'sk:geheim',
    RECOLLECT_DATABASE_URL: 'postgresql://mara:geheim@db.internal/recollect?sslpassword=geheim',
    RECOLLECT_TOOLSETS: 'core,tasks',
    RECOLLECT_USER: 'mara',
  };

  it('as environment gives the same configuration', () => {
    const config = loadConfig({ readOnly: true }, env);
    expect(loadConfig({}, environmentOf(config))).toEqual(config);
  });

  it('to people hides the password', () => {
    const shown = JSON.stringify(describeConfig(loadConfig({}, env)));
    expect(shown).toContain('db.internal');
    expect(shown).not.toContain('geheim');
  });

  it('names every setting after its field', () => {
    expect(FIELD_NAMES.map(envName)).toEqual(
      'DATABASE_URL DATA_DIR DURABILITY POOL_MAX ROW_SECURITY ROW_SECURITY_ROLE AUTO_MIGRATE TENANT USER ROLE TOOLSETS READ_ONLY REDACT LOG_LEVEL LOG_SQL MAX_MESSAGE_BYTES MAX_ASSET_BYTES ASSET_TYPES THESAURUS EMBEDDINGS_URL EMBEDDINGS_MODEL_DIR EMBEDDINGS_MODEL EMBEDDINGS_API_KEY EMBEDDINGS_DIMENSIONS EMBEDDINGS_BATCH EMBEDDINGS_QUERY_PREFIX EMBEDDINGS_DOCUMENT_PREFIX EMBEDDINGS_TIMEOUT_MS EMBEDDINGS_WEIGHT EMBEDDINGS_PRUNE HTTP HOST PORT AUTH PUBLIC_URL ALLOWED_HOSTS ALLOWED_ORIGINS TRUST_PROXY METRICS MAX_BODY_BYTES RATE_LIMIT RATE_LIMIT_UNKNOWN SESSIONS_MAX SESSION_IDLE_MINUTES CONFORMANCE SHUTDOWN_SECONDS BCRYPT_COST PASSWORD_MIN_LENGTH PASSWORD_MAX_LENGTH PASSWORD_CLASSES PASSWORD_RESET_MINUTES LOCKOUT_ATTEMPTS LOCKOUT_SECONDS LOCKOUT_MAX_SECONDS MESSAGE_RETENTION_DAYS SOFT_DELETE_AFTER_DAYS SOFT_DELETE_GRACE_DAYS CONVERSATION_ARCHIVE_DAYS ARCHIVED_CONVERSATION_RETENTION_DAYS INACTIVITY_TIMEOUT_MINUTES MEMORY_RETENTION_DAYS EVENT_RETENTION_DAYS LOGIN_ATTEMPT_RETENTION_DAYS JOB_RUN_RETENTION_DAYS MAX_CONVERSATIONS MAX_MESSAGES MAX_BYTES TOKEN_BUDGET_WARN TOKEN_BUDGET_REFUSE TOKEN_BUDGET_PERIOD JOBS JOBS_TIME_ZONE JOB_RETENTION JOB_INACTIVITY JOB_EMBEDDINGS JOB_EXPIRED_CREDENTIALS JOB_WORD_STATISTICS JOB_DATABASE_CARE JOB_HOUSEKEEPING CONFIG'
        .split(' ')
        .map((name) => `RECOLLECT_${name}`),
    );
  });
});
