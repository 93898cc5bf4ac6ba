import type {
  HandlerResultTypeMap,
  JSONRPCRequest,
  LoggingLevel,
  RequestMethod,
  RequestTypeMap,
  ServerContext,
} from '@modelcontextprotocol/server';
import { ProtocolError, Server } from '@modelcontextprotocol/server';
import { invalidParams } from './errors.js';

type Handler = Parameters<Server['_wrapHandler']>[1];
/** From the least severe on. */
const LEVELS: readonly LoggingLevel[] = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
type SchemaProblem = { path: (string | number)[]; message: string };
/** Answers a request, or leaves it to `next`. */
type Interceptor<M extends RequestMethod> = (
  request: RequestTypeMap[M],
  context: ServerContext,
  next: () => Promise<HandlerResultTypeMap[M]>,
) => Promise<HandlerResultTypeMap[M]>;

/**
 * The SDK's low-level server, except that a request whose parameters have the wrong shape is a bad parameter, told in a
 * sentence: the SDK calls it an internal error and sends its validator's report.
 */
export class ProtocolServer extends Server {
  #leastLevel: LoggingLevel = 'debug';

  /** Whether the client of this session takes entries of the log of this level: all, until it says which. */
  wantsToKnow(level: LoggingLevel): boolean {
    return LEVELS.indexOf(level) >= LEVELS.indexOf(this.#leastLevel);
  }

  /** Asks `answer` before whoever answers the method now. */
  intercept<M extends RequestMethod>(method: M, answer: Interceptor<M>): void {
    const known = this._getRequestHandler(method);
    if (!known) throw new Error(`Nobody answers ${method}.`);
    this.setRequestHandler(method, (request, context) =>
      answer(request, context, () => known(request as unknown as JSONRPCRequest, context) as Promise<HandlerResultTypeMap[M]>),
    );
  }

  protected override _wrapHandler(method: string, handler: Handler): Handler {
    const wrapped = super._wrapHandler(method, handler);
    return async (request, context) => {
      try {
        const result = await wrapped(request, context);
        if (method === 'logging/setLevel') this.#leastLevel = request.params?.level as LoggingLevel;
        return result;
      } catch (error) {
        const problems = schemaProblems(error, method);
        if (!problems) throw error;
        const told = problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
        throw invalidParams(`Invalid parameters of ${method}: ${told}.`);
      }
    };
  }
}

/** The report of the SDK's validator: JSON in the message of an error that has hardly another mark. */
function schemaProblems(error: unknown, method: string): SchemaProblem[] | undefined {
  if (!(error instanceof Error) || (error instanceof ProtocolError && !error.message.startsWith(`Invalid ${method} request`)))
    return undefined;
  const report = error.message.slice(error.message.indexOf('['));
  try {
    const problems = JSON.parse(report) as SchemaProblem[];
    return problems.every(({ path, message }) => Array.isArray(path) && typeof message === 'string') ? problems : undefined;
  } catch {
    return undefined;
  }
}
