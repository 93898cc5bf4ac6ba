import { createHash } from 'node:crypto';
import type { Response } from 'express';
import { Html, html } from './html.js';
import { STYLE } from './style.js';

const styleHash = createHash('sha256').update(STYLE).digest('base64');

const STYLE_TAG = new Html(`<style>${STYLE}</style>`);

/**
 * Nothing is loaded, nothing runs, nothing may frame it. Where a form leads is left open where its answer goes on to the client:
 * browsers hold every redirect after a form to that rule, and where a client's own address leads is not ours to know.
 */
const contentSecurity = (formAction: string | undefined): string =>
  [
    `default-src 'none'`,
    `style-src 'sha256-${styleHash}'`,
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
    ...(formAction === undefined ? [] : [`form-action ${formAction}`]),
  ].join('; ');

export type Page = Readonly<{
  title: string;
  body: Html;
  status?: number;
  retryAfter?: number | undefined;
  /** Where its form may lead; open when the answer goes on to the client. */
  formAction?: string;
}>;

export function sendPage(res: Response, { title, body, status = 200, retryAfter, formAction }: Page): void {
  if (retryAfter !== undefined) res.setHeader('Retry-After', Math.max(1, Math.ceil(retryAfter)));
  res
    .status(status)
    .set({
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': contentSecurity(formAction),
      'Cache-Control': 'no-store',
      // With no-referrer browsers would send `Origin: null` with our own forms.
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'X-Robots-Tag': 'noindex',
    })
    .send(
      String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Recollect</title>
${STYLE_TAG}
</head>
<body>
<main>
<p class="brand">Recollect</p>
${body}
</main>
</body>
</html>
`),
    );
}
