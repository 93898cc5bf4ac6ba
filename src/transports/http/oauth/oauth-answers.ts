import type { Request, RequestHandler, Response } from 'express';
import { sendPage } from './page.js';
import { leavingPage, problemPage } from './problem-page.js';
import type { PublicAddress } from './public-address.js';

/** As OAuth says what went wrong, or as the rest of the server does. */
type Problem = { error?: string | { message: string }; error_description?: string };

/** Sends the browser on to the client with an answer that says whose it is (RFC 9207). */
export function answerClient(
  res: Response,
  issuer: string,
  redirectUri: string,
  answer: Readonly<Record<string, string | undefined>>,
): void {
  res.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }).redirect(303, answerAddress(issuer, redirectUri, answer));
}

export function answerAddress(issuer: string, redirectUri: string, answer: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...answer, iss: issuer })) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

const isPerson = (req: Request): boolean => req.accepts(['json', 'html']) === 'html';

/** People get a page instead of JSON. */
export const forPeople: RequestHandler = (req, res, next) => {
  if (!isPerson(req)) return next();
  res.json = (body?: Problem) => {
    const retryAfter = Number(res.getHeader('Retry-After')) || undefined;
    const message = typeof body?.error === 'object' ? body.error.message : body?.error_description;
    sendPage(res, problemPage(res.statusCode, message ?? 'Something went wrong.', retryAfter));
    return res;
  };
  next();
};

/** The library's redirects are all about errors. They learn to say who sends them, and take nobody to a web site before asking. */
export const introduceErrors =
  (address: PublicAddress): RequestHandler =>
  (req, res, next) => {
    const redirect = res.redirect.bind(res) as (status: number, url: string) => void;
    res.redirect = ((status: number, url: string) => {
      const issued = new URL(url);
      issued.searchParams.set('iss', address.of(req));
      if (isPerson(req) && issued.protocol === 'https:') sendPage(res, leavingPage(issued));
      else redirect(status, issued.href);
    }) as typeof res.redirect;
    next();
  };

/** A client that could not prove who it is gets 401, and the scheme it tried (RFC 6749, 5.2); the library answers 400. */
export const answerUnknownClients: RequestHandler = (req, res, next) => {
  const json = res.json.bind(res);
  res.json = (body?: Problem) => {
    if (body?.error === 'invalid_client') {
      res.status(401);
      if (req.headers.authorization !== undefined) res.setHeader('WWW-Authenticate', 'Basic realm="Recollect"');
    }
    if (body?.error === 'temporarily_unavailable') res.status(503).setHeader('Retry-After', '30');
    return json(body);
  };
  next();
};
