import type { Socket } from 'node:net';
import type { HttpRequest, HttpResponse } from './answers.js';

/**
 * Answers that wait behind others on their connection, because their requests came without waiting (pipelining). Node tells only
 * the one whose turn it is that the connection has broken; the others would be taken for calls under way for ever.
 */
export class WaitingAnswers {
  readonly #behind = new WeakMap<Socket, Set<HttpResponse>>();

  /** To be called with each answer, before anything waits for its end. */
  watch({ socket }: HttpRequest, res: HttpResponse): void {
    if (res.socket) return;
    const behind = this.#behind.get(socket) ?? this.#begin(socket);
    behind.add(res);
    res.once('socket', () => behind.delete(res));
  }

  /** Whether none waits behind this one: after the last, the connection may be closed. */
  isLast(res: HttpResponse): boolean {
    const last = [...(this.#behind.get(res.req.socket) ?? [])].at(-1);
    return last === undefined || last === res;
  }

  #begin(socket: Socket): Set<HttpResponse> {
    const behind = new Set<HttpResponse>();
    this.#behind.set(socket, behind);
    const tell = (): void => {
      for (const res of behind) {
        res.destroy();
        res.emit('close');
      }
      behind.clear();
    };
    if (socket.destroyed) queueMicrotask(tell);
    else socket.once('close', tell);
    return behind;
  }
}
