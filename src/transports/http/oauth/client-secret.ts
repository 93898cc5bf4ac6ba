import type { Request, RequestHandler } from 'express';
import { hashSecret } from '../../../secret.js';

type Body = Record<string, unknown>;

/**
 * Brings a client's proof into the form that the library knows: it reads secrets from the body only, and compares them with
 * what is stored, which here is a hash.
 */
export const readClientSecret: RequestHandler = (req, res, next) => {
  const body = (req.body ?? {}) as Body;
  const basic = basicOf(req);
  if (basic === null || (basic && (body.client_secret !== undefined || (body.client_id ?? basic.id) !== basic.id))) {
    res.setHeader('Cache-Control', 'no-store');
    res.status(400).json({ error: 'invalid_request', error_description: 'A client proves in one way, and one way only, who it is.' });
    return;
  }
  const secret = basic ? basic.secret : body.client_secret;
  req.body = {
    ...body,
    ...(basic ? { client_id: basic.id } : {}),
    ...(typeof secret === 'string' && secret !== '' ? { client_secret: hashSecret(secret) } : {}),
  };
  next();
};

/** Undefined without an Authorization header, null for one that is not understood. */
function basicOf({ headers: { authorization } }: Request): { id: string; secret: string } | null | undefined {
  if (authorization === undefined) return undefined;
  const encoded = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) return null;
  const [id, ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  try {
    return { id: formDecoded(id ?? ''), secret: formDecoded(secret.join(':')) };
  } catch {
    return null;
  }
}

/** Both halves are encoded like a form before they are joined (RFC 6749, 2.3.1). */
const formDecoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
