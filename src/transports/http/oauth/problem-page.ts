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
