import { html } from './html.js';
import type { Page } from './page.js';

/** For what cannot be answered to the client, because it is not known or its address is not its own. */
export const problemPage = (status: number, message: string, retryAfter?: number): Page => ({
  title: 'This did not work',
  status,
  retryAfter,
  formAction: `'none'`,
  body: html`<h1>This did not work</h1>
<p class="problem" role="alert">${message}</p>
<p class="soft">Close this page, go back to the program that you came from, and connect again.</p>`,
});

/**
 * For what the client is to be told, at an address on the web. Anybody may register one: a link to this server must not take
 * people there without a word.
 */
export const leavingPage = (answer: URL): Page => ({
  title: 'This did not work',
  status: 400,
  formAction: `'none'`,
  body: html`<h1>This did not work</h1>
<p class="problem" role="alert">${answer.searchParams.get('error_description') ?? answer.searchParams.get('error') ?? ''}</p>
<p>The program that sent you here belongs to <strong>${answer.host}</strong>. Go back there only if you came from there.</p>
<div class="actions"><a class="button plain" href="${answer.href}">Back to ${answer.host}</a></div>`,
});
