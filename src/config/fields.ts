import envPaths from 'env-paths';
import { ROW_SECURITY_MODES, type RowSecurityMode, TENANT_ROLE } from '../db/row-security-modes.js';
import { LOG_LEVELS, type LogLevel } from '../log.js';
import type { Role } from '../principal.js';
import { REDACT_MODES, type RedactMode } from '../redaction/redaction.js';
import { TOOLSETS, type Toolset } from '../toolsets.js';
import { ACCOUNT_FIELDS } from './account-fields.js';
import { type Field, field } from './field.js';
import { HTTP_FIELDS } from './http-fields.js';
import { JOB_FIELDS } from './job-fields.js';
import {
  asWritten,
  bytes,
  choice,
  choices,
  decimal,
  httpUrl,
  mimeTypes,
  path,
  postgresUrl,
  showBytes,
  text,
  whole,
  yesNo,
} from './kinds.js';
import { RETENTION_FIELDS } from './retention-fields.js';

export type { Field };

const MESSAGE_BYTES = 1024 ** 2;
const ASSET_BYTES = 8 * 1024 ** 2;

/** Every setting there is. */
export const FIELDS = {
  databaseUrl: field<string | null>({
    description: 'PostgreSQL server (14 or newer) to store everything in. Without it the embedded database is used.',
    form: 'url',
    reader: postgresUrl(),
    fallback: null,
    fallbackText: 'embedded database',
    secret: 'address',
  }),
  dataDir: field({
    description: 'Folder of the embedded database. Every server on this machine that names the same folder shares one memory.',
    form: 'folder',
    reader: path('the path of a folder'),
    fallback: envPaths('recollect', { suffix: '' }).data,
    fallbackText: "the platform's user data folder, e.g. ~/.local/share/recollect",
    isPath: true,
  }),
  durability: field<'full' | 'fast'>({
    description:
      'Embedded database: `full` writes each commit to disk before it is acknowledged, `fast` leaves that to the operating system (safe when the program dies, not when the power does).',
    form: 'full|fast',
    reader: choice(['full', 'fast']),
    fallback: 'full',
  }),
  poolMax: field({ description: 'Most connections to the database at one time.', form: 'count', reader: whole(1, 200), fallback: 10 }),
  rowSecurity: field<RowSecurityMode>({
    description:
      'PostgreSQL server: whether its row-level security keeps tenants apart too. `auto` uses it wherever the server lets us, `require` refuses to serve without, `off` leaves it alone.',
    form: 'auto|require|off',
    reader: choice(ROW_SECURITY_MODES),
    fallback: 'auto',
  }),
  rowSecurityRole: field({
    description:
      'PostgreSQL server: the role without rights of its own that tenants are served under. It is made at start where the login may make roles.',
    form: 'role',
    reader: text('1 to 63 characters without control characters', /^\P{Cc}{1,63}$/u),
    fallback: TENANT_ROLE,
  }),
  autoMigrate: field({
    description: 'Bring an older database schema up to date at start; otherwise run `recollect migrate up`.',
    form: null,
    reader: yesNo(),
    fallback: true,
  }),
  tenant: field({
    description: 'Tenant whose data is served. Tenants never see each other.',
    form: 'id',
    reader: text('1 to 63 lower-case letters, digits, "-" and "_", beginning with a letter or digit', /^[a-z0-9][a-z0-9_-]{0,62}$/),
    fallback: 'local',
  }),
  user: field<string | null>({
    description: 'Bind the server to one user, by external id: only that user is seen and written.',
    form: 'id',
    reader: text('1 to 500 characters without control characters', /^\P{Cc}{1,500}$/u),
    fallback: null,
    fallbackText: 'all users',
  }),
  role: field<Exclude<Role, 'system'> | null>({
    description:
      'What the client may do: `user` for one person, `service` for an agent that acts for many, `admin` for administration too.',
    form: 'user|service|admin',
    reader: choice(['user', 'service', 'admin']),
    fallback: null,
    fallbackText: '`user` when a user is set, else `service`',
  }),
  toolsets: field<readonly Toolset[]>({
    description: `Groups of tools to offer, separated by commas, or \`all\`: ${TOOLSETS.join(', ')}.`,
    form: 'names',
    reader: choices(TOOLSETS),
    fallback: ['core'],
  }),
  readOnly: field({ description: 'Offer only tools that read.', form: null, reader: yesNo(), fallback: false }),
  redact: field<RedactMode | null>({
    description:
      'What happens to text that looks like a secret (keys, tokens, private keys, passwords, card numbers) in what is stored: `mask` puts a mark in its place, `refuse` refuses the call, `off` keeps it. Set, it is for messages and memories alike. `<private>…</private>` is never stored.',
    form: 'off|mask|refuse',
    reader: choice(REDACT_MODES),
    fallback: null,
    fallbackText: '`off` for messages, `mask` for memories',
  }),
  logLevel: field<LogLevel | null>({
    description: 'How much is logged, to stderr.',
    form: LOG_LEVELS.join('|'),
    reader: choice(LOG_LEVELS),
    fallback: null,
    fallbackText: '`warn`; over HTTP `info`, with a line for each request',
  }),
  logSql: field({
    description: 'Log every SQL statement, to stderr. Parameter values are left out.',
    form: null,
    reader: yesNo(),
    fallback: false,
  }),
  maxMessageBytes: field({
    description: 'Largest message as stored.',
    form: 'size',
    reader: bytes(1024, 16 * 1024 ** 2),
    fallback: MESSAGE_BYTES,
    fallbackText: showBytes(MESSAGE_BYTES),
  }),
  maxAssetBytes: field({
    description: 'Largest attachment.',
    form: 'size',
    reader: bytes(1024, 20 * 1024 ** 2),
    fallback: ASSET_BYTES,
    fallbackText: showBytes(ASSET_BYTES),
  }),
  assetTypes: field<readonly string[]>({
    description: 'Attachments that are taken: MIME types separated by commas, such as `image/*,application/pdf`; `*/*` takes any.',
    form: 'types',
    reader: mimeTypes(),
    fallback: ['*/*'],
  }),
  thesaurus: field({
    description: 'Find English texts by words near in meaning too, from word vectors that come with the program. Takes 10 MB once used.',
    form: null,
    reader: yesNo(),
    fallback: true,
  }),
  embeddingsUrl: field<string | null>({
    description:
      'Server that turns text into vectors, for search by meaning: any with an OpenAI-compatible `/v1/embeddings` (Ollama, LM Studio, llama.cpp, vLLM, TEI, OpenAI). What is stored is sent to it.',
    form: 'url',
    reader: httpUrl(),
    fallback: null,
    fallbackText: 'none: search by words',
    secret: 'address',
  }),
  embeddingsModelDir: field<string | null>({
    description: 'Folder of an ONNX embedding model to run in this process instead; needs `npm install @huggingface/transformers`.',
    form: 'folder',
    reader: path('the path of a folder'),
    fallback: null,
    fallbackText: 'none',
    isPath: true,
  }),
  embeddingsModel: field<string | null>({
    description:
      'Name of the embedding model. After a change everything is embedded again in the background, and the model before answers until that is done.',
    form: 'name',
    reader: text('1 to 200 characters without control characters', /^\P{Cc}{1,200}$/u),
    fallback: null,
    fallbackText: 'the name of the model folder, if there is one',
  }),
  embeddingsApiKey: field<string | null>({
    description: 'Key for the embedding server.',
    form: 'key',
    reader: text('1 to 4,000 visible ASCII characters', /^[!-~]{1,4000}$/),
    fallback: null,
    fallbackText: 'none',
    secret: 'value',
  }),
  embeddingsDimensions: field<number | null>({
    description: 'Width of vectors to ask the embedding server for.',
    form: 'count',
    reader: whole(1, 16_000),
    fallback: null,
    fallbackText: "the model's own",
  }),
  embeddingsBatch: field({ description: 'Texts to embed with one request.', form: 'count', reader: whole(1, 2048), fallback: 32 }),
  embeddingsQueryPrefix: field({
    description: 'Put before a question when it is embedded, as some models were trained: `query: `, for example.',
    form: 'text',
    reader: asWritten(500),
    fallback: '',
    fallbackText: 'none',
  }),
  embeddingsDocumentPrefix: field({
    description: 'Put before what is stored when it is embedded: `passage: `, for example.',
    form: 'text',
    reader: asWritten(500),
    fallback: '',
    fallbackText: 'none',
  }),
  embeddingsTimeoutMs: field({
    description: 'Longest wait for the embedding server when it embeds what is stored. Questions wait half a second at most.',
    form: 'milliseconds',
    reader: whole(100, 600_000),
    fallback: 30_000,
  }),
  embeddingsWeight: field({
    description: 'How much meaning counts beside words in search: 0.5 suits a small model, 1 a strong one, 0 keeps to words.',
    form: 'number',
    reader: decimal(0, 100),
    fallback: 1,
  }),
  embeddingsPrune: field({
    description:
      'Remove the vectors of an earlier embedding model once the present one has everything; otherwise run `recollect embeddings prune`.',
    form: null,
    reader: yesNo(),
    fallback: false,
  }),
  ...HTTP_FIELDS,
  ...ACCOUNT_FIELDS,
  ...RETENTION_FIELDS,
  ...JOB_FIELDS,
  config: field<string | null>({
    description: 'YAML or JSON file with settings, e.g. `data_dir: ~/memory`.',
    form: 'file',
    reader: path('the path of a file'),
    fallback: null,
    fallbackText: 'none',
  }),
};

export type FieldName = keyof typeof FIELDS;
export type Settings = { [K in FieldName]: (typeof FIELDS)[K]['fallback'] };

export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

const words = (name: string): string[] => name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
export const envName = (name: FieldName): string => `RECOLLECT_${words(name).join('_').toUpperCase()}`;
export const flagName = (name: FieldName): string => `--${words(name).join('-')}`;
export const fileKey = (name: FieldName): string => words(name).join('_');
/** The key of a setting in a file, and the others it may have there. */
export const fileKeys = (name: FieldName): readonly string[] => [fileKey(name), ...((FIELDS[name] as Field).aliases ?? [])];

/** A default as documentation shows it. */
export function fallbackText(name: FieldName): string {
  const { fallback, fallbackText: inWords } = FIELDS[name] as Field;
  return inWords ?? `\`${String(fallback)}\``;
}
