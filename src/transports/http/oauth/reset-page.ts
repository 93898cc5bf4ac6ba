import type { PasswordRules } from '../../../services/accounts/password-policy.js';
import { rulesInWords } from '../../../services/accounts/password-policy.js';
import { html } from './html.js';
import { PATHS } from './metadata.js';
import type { Page } from './page.js';
import { hidden } from './sign-in-page.js';

type ResetPage = Readonly<{
  csrf: string;
  rules: PasswordRules;
  tenant: { id: string; ask: boolean };
  /** With a token that is good: whose password it is for. Without, the page asks for one. */
  holder: { token: string; username: string } | undefined;
  problem?: { messages: readonly string[]; status: number; retryAfter?: number | undefined } | undefined;
}>;

export const resetPage = ({ csrf, rules, tenant, holder, problem }: ResetPage): Page => ({
  title: 'Choose a new password',
  status: problem?.status ?? 200,
  retryAfter: problem?.retryAfter,
  formAction: `'self'`,
  body: html`<h1>Choose a new password</h1>
${
  holder
    ? html`<p class="soft">For the account <strong>${holder.username}</strong> in the tenant <strong>${tenant.id}</strong>.</p>`
    : html`<p class="soft">With a token that an administrator gave you. It is good once, and for a short time.</p>`
}
${problem && html`<p class="problem" role="alert" id="problem">${problem.messages.map((message, index) => html`${index > 0 && html`<br>`}${message}`)}</p>`}
<form method="post" action="${PATHS.reset}">
${hidden({ csrf, ...(holder || !tenant.ask ? { tenant: tenant.id } : {}), token: holder?.token })}
${holder && html`<input type="text" name="username" value="${holder.username}" autocomplete="username" readonly hidden>`}
${
  !holder &&
  tenant.ask &&
  html`<label class="field">Tenant
<input name="tenant" value="${tenant.id}" required maxlength="63" autocapitalize="none" spellcheck="false" autocomplete="organization"></label>`
}
${
  !holder &&
  html`<label class="field">Token
<input name="token" required maxlength="200" autocapitalize="none" spellcheck="false" autocomplete="off" autofocus></label>`
}
<label class="field">New password
<input name="password" type="password" required autocomplete="new-password" aria-describedby="rules" ${holder && html`autofocus`}></label>
<label class="field">Once more
<input name="again" type="password" required autocomplete="new-password"></label>
<ul class="soft" id="rules">
${rulesInWords(rules).map((rule) => html`<li>${rule}</li>`)}
</ul>
<div class="actions">
<button type="submit">Set the password</button>
</div>
</form>
<p class="soft">Programs that were let in with the old password have to sign in again.</p>`,
});

export const resetDonePage = (username: string): Page => ({
  title: 'Password set',
  formAction: `'none'`,
  body: html`<h1>The password is set</h1>
<p>The account <strong>${username}</strong> has a new password. Sign in with it from the program that you want to connect.</p>
<p class="soft">Programs that were let in with the old one have to sign in again. You may close this page.</p>`,
});
