import type { AskedBy } from '../../mcp/serve-tools.js';
import { DirectCall, type PlainCall } from '../direct-call.js';
import { authOf, type HttpResponse } from './answers.js';

/** A call that came in a request of its own, and is given up when its connection is closed. */
export class HttpCall extends DirectCall {
  readonly res: HttpResponse;

  constructor(call: PlainCall, res: HttpResponse, log?: AskedBy['mcpReq']['log']) {
    super(call, log);
    this.res = res;
    res.once('close', () => {
      if (!res.writableFinished) this.giveUp();
    });
  }

  get http(): NonNullable<AskedBy['http']> {
    return { authInfo: authOf(this.res) };
  }
}
