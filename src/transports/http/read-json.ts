import express from 'express';
import type { Handler } from './answers.js';

/** Some programs put it before every text; it says nothing. */
const BYTE_ORDER_MARK = '\ufeff';
const PLAIN = /^application\/json *(?:; *charset="?utf-?8"?)? *$/i;

/**
 * Reads a body of JSON. One that says how long it is and comes as it is, as nearly all do, is read here; what is compressed, in
 * parts or in another encoding is for Express, which takes three times as long over a short one. What is wrong is told in its words.
 */
export function readJson(limit: number): Handler {
  const readAny = express.json({ limit, type: () => true, strict: false }) as unknown as Handler;
  return (req, res, next) => {
    const { 'content-length': length, 'content-encoding': encoding, 'content-type': type } = req.headers;
    const isPlain = Number(length) > 0 && Number(length) <= limit && encoding === undefined && PLAIN.test(type ?? '');
    if (req.method === 'POST' && Number(length) === 0) return next(problem('entity.parse.failed'));
    if (!isPlain) return readAny(req, res, next);
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.once('error', () => next(problem('request.aborted')));
    req.once('end', () => {
      const text = (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString();
      try {
        req.body = JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
      } catch {
        return next(problem('entity.parse.failed'));
      }
      next();
    });
  };
}

const problem = (type: string): Error => Object.assign(new Error('The body could not be read.'), { type });
