import { html } from './html.js';
import { PATHS } from './metadata.js';
import type { Page } from './page.js';

/** Who asks, for people. */
export type Asker = Readonly<{ name: string | null; clientId: string; redirect: { host: string; local: boolean } }>;

type SignInPage = Readonly<{
  asker: Asker;
  /** The request once more, to come back with the form. */
  fields: Readonly<Record<string, string | undefined>>;
  csrf: string;
  tenant: { id: string; ask: boolean };
  identifier?: string | undefined;
  problem?: { message: string; status: number; retryAfter?: number | undefined } | undefined;
  /** Where to go without signing in. */
  cancel: string;
}>;

export const hidden = (fields: Readonly<Record<string, string | undefined>>) =>
  Object.entries(fields).map(([name, value]) => value !== undefined && html`<input type="hidden" name="${name}" value="${value}">\n`);

export const describeAsker = ({ name, clientId, redirect }: Asker) => html`<dl>
<dt>Program</dt><dd>${name ?? 'without a name'}</dd>
${clientId.startsWith('https://') && html`<dt>Known as</dt><dd>${clientId}</dd>`}
<dt>Answer goes to</dt><dd>${redirect.host}${redirect.local && ' (this computer)'}</dd>
</dl>`;

export const nameOf = ({ name, redirect }: Asker): string => name ?? redirect.host;

export const signInPage = ({ asker, fields, csrf, tenant, identifier = '', problem, cancel }: SignInPage): Page => ({
  title: 'Sign in',
  status: problem?.status ?? 200,
  retryAfter: problem?.retryAfter,
  formAction: `'self'`,
  body: html`<h1>Sign in to connect ${nameOf(asker)}</h1>
${describeAsker(asker)}
${problem && html`<p class="problem" role="alert" id="problem">${problem.message}</p>`}
<form method="post" action="${PATHS.authorize}">
${hidden({ ...fields, csrf })}
${
  tenant.ask &&
  html`<label class="field">Tenant
<input name="tenant" value="${tenant.id}" required maxlength="63" autocapitalize="none" spellcheck="false" autocomplete="organization"></label>`
}
<label class="field">Name or e-mail
<input name="identifier" value="${identifier}" required maxlength="320" autocapitalize="none" spellcheck="false" autocomplete="username" ${identifier === '' && html`autofocus`}></label>
<label class="field">Password
<input name="password" type="password" required autocomplete="current-password" ${identifier !== '' && html`autofocus`} ${problem && html`aria-describedby="problem"`}></label>
<div class="actions">
<button type="submit">Sign in</button>
<a class="button plain" href="${cancel}">Cancel</a>
</div>
</form>
<p class="soft">Next you are shown what ${nameOf(asker)} asks for. Nothing is given before you agree.</p>`,
});
