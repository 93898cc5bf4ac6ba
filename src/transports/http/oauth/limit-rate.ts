import type { RequestHandler } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from '../rate-limits.js';

/** Turns away an address that comes too often, in this process. `trust proxy` of the server decides whose address it is. */
export function limitRate({ points, seconds }: { points: number; seconds: number }): RequestHandler {
  if (points === 0) return (_req, _res, next) => next();
  const limiter = new RateLimiterMemory({ points, duration: seconds });
  return async (req, res, next) => {
    try {
      await limiter.consume(networkOf(req.ip ?? ''));
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const wait = Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
      res.setHeader('Retry-After', wait);
      res
        .status(429)
        .json({ error: 'too_many_requests', error_description: `Too many requests from this address. Try again in ${wait} seconds.` });
      return;
    }
    next();
  };
}
