import type { ConsentQuestion } from '../../../services/oauth/consent.js';
import { html } from './html.js';
import { PATHS } from './metadata.js';
import type { Page } from './page.js';
import { ROLE_WORDS, SCOPE_WORDS } from './scope-words.js';
import { type Asker, describeAsker, hidden, nameOf } from './sign-in-page.js';

type ConsentPage = Readonly<{
  asker: Asker;
  question: ConsentQuestion;
  csrf: string;
  state: string | undefined;
  problem?: string | undefined;
}>;

export const consentPage = ({ asker, question, csrf, state, problem }: ConsentPage): Page => ({
  title: 'Allow access',
  status: problem === undefined ? 200 : 400,
  body: html`<h1>Allow ${nameOf(asker)} to use your memory?</h1>
${describeAsker(asker)}
<p class="soft">You are signed in as <strong>${accountOf(question)}</strong> in the tenant <strong>${question.tenantId}</strong>.${
    question.roles.length === 1 && ' It will see and change what is yours, and nothing of anybody else.'
  }</p>
${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="${PATHS.consent}">
${hidden({ consent: question.token, csrf, state })}
${
  question.scopes.length > 0 &&
  html`<fieldset>
<legend>It may</legend>
${question.scopes.map((scope) => scope !== 'admin' && choice('checkbox', 'scope', scope, true, SCOPE_WORDS[scope]))}
</fieldset>`
}
${
  question.roles.length > 1
    ? html`<fieldset>
<legend>For whom</legend>
${question.roles.map((role, index) => choice('radio', 'role', role, index === 0, ROLE_WORDS[role]))}
</fieldset>`
    : hidden({ role: question.roles[0] })
}
<div class="actions">
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny" class="plain">Deny</button>
</div>
</form>
<p class="soft">Allow it only if you started this yourself, in a program that you trust.</p>`,
});

/** Two people may have the same display name, and an account another name than the person it is of. */
const accountOf = ({ displayName, username, user }: ConsentQuestion): string => {
  const further = [...new Set([username, user])].filter((name) => name !== (displayName ?? username));
  return further.length === 0 ? (displayName ?? username) : `${displayName ?? username} (${further.join(', ')})`;
};

const choice = (
  type: 'checkbox' | 'radio',
  name: string,
  value: string,
  checked: boolean,
  { what, more }: { what: string; more: string },
) =>
  html`<label class="choice"><input type="${type}" name="${name}" value="${value}" ${checked && html`checked`}> ${what} <small>${more}</small></label>
`;
