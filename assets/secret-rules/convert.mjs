// Makes rules.tsv of a gitleaks.toml: node assets/secret-rules/convert.mjs gitleaks.toml > assets/secret-rules/rules.tsv
import { readFileSync } from 'node:fs';

/** Long, slow or for files, or covered by src/redaction/own-rules.ts in a way that fits prose. */
const LEFT_OUT = new Set([
  'curl-auth-header',
  'curl-auth-user',
  'kubernetes-secret-yaml',
  'pkcs12-file',
  'private-key',
  'twilio-api-key',
  'sourcegraph-access-token',
]);
/** Rules for assignments in source code: `provider_key = "…"`. Here people write prose. */
const ASSIGNMENT = /^(?:\(\?i\))?\[\\w\.-\]\{0,50\}\?/;
/** What must follow a token in code. In prose a full stop or a comma may. */
const END = /\(\?:\[\\x60'"\\s;\]\|\\\\\[nr\]\|\$(?:\|\\b)?\)$/;

/** RE2 to JavaScript. Case is ignored throughout where a rule ignores it in a part: Node 20 has no flags for parts. */
const toJavaScript = (regex) => ({
  flags: /\(\?i[:)]/.test(regex) ? 'gi' : 'g',
  source: regex
    .replace(END, '(?![\\w-])')
    .replaceAll('(?i)', '')
    .replaceAll(/\(\?-?[is]:\.\)/g, '[\\s\\S]')
    .replaceAll(/\(\?-?i:/g, '(?:')
    .replaceAll(/\(\?P<\w+>/g, '(?:')
    .replaceAll('[[:alnum:]]', '[A-Za-z0-9]')
    .replaceAll('\\z', '$'),
});

const [, ...rules] = readFileSync(process.argv[2], 'utf8').split('[[rules]]');
for (const rule of rules) {
  const id = /^id = "(.+)"$/m.exec(rule)[1];
  const regex = /^regex = '''([\s\S]+?)'''$/m.exec(rule)?.[1];
  if (regex === undefined || LEFT_OUT.has(id) || ASSIGNMENT.test(regex)) continue;
  const keywords = [.../^keywords = \[([\s\S]*?)\]$/m.exec(rule)[1].matchAll(/"(.+?)"/g)].map(([, word]) => word);
  const { flags, source } = toJavaScript(regex);
  new RegExp(source, flags);
  process.stdout.write(`${[id, flags, keywords.join(','), source].join('\t')}\n`);
}
