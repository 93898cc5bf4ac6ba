import { inspectSql, type SqlEffect } from './session-sql.js';
import { cstring, message, typeOf } from './wire.js';

const STATEMENT = 0x53;

/**
 * Makes one client's messages fit for a session that all clients share: names of statements and portals get the client's
 * prefix, and statements that act on the session are seen, or replaced where they would act on the others.
 */
export class MessageRewriter {
  /** Prepared statements that are open now, under the names the engine knows. */
  readonly statements = new Set<string>();
  readonly #prefix: string;
  readonly #onEffect: (effect: SqlEffect) => void;

  constructor(prefix: string, onEffect: (effect: SqlEffect) => void) {
    this.#prefix = prefix;
    this.#onEffect = onEffect;
  }

  rewrite(bytes: Buffer): Buffer {
    switch (typeOf(bytes)) {
      case 'Q':
        return this.#simpleQuery(bytes);
      case 'P':
        return this.#parse(bytes);
      case 'B':
        return this.#bind(bytes);
      case 'E':
        return this.#renamed(bytes, 5);
      case 'D':
        return this.#renamed(bytes, 6);
      case 'C':
        if (bytes[5] === STATEMENT) this.statements.delete(this.#name(bytes, 6, bytes.length - 1));
        return this.#renamed(bytes, 6);
      default:
        return bytes;
    }
  }

  #simpleQuery(bytes: Buffer): Buffer {
    const effect = inspectSql(bytes, 5, bytes.length - 1);
    this.#onEffect(effect);
    return effect.replacement ? message('Q', cstring(effect.replacement)) : bytes;
  }

  #parse(bytes: Buffer): Buffer {
    const nameEnd = bytes.indexOf(0, 5);
    const sqlEnd = bytes.indexOf(0, nameEnd + 1);
    const effect = inspectSql(bytes, nameEnd + 1, sqlEnd);
    this.#onEffect(effect);
    if (nameEnd === 5 && !effect.replacement) return bytes;
    const name = this.#name(bytes, 5, nameEnd);
    if (name) this.statements.add(name);
    const rest = bytes.subarray(effect.replacement ? sqlEnd + 1 : nameEnd + 1);
    return effect.replacement ? message('P', cstring(name), cstring(effect.replacement), rest) : message('P', cstring(name), rest);
  }

  #bind(bytes: Buffer): Buffer {
    const portalEnd = bytes.indexOf(0, 5);
    const statementEnd = bytes.indexOf(0, portalEnd + 1);
    if (portalEnd === 5 && statementEnd === 6) return bytes;
    const portal = this.#name(bytes, 5, portalEnd);
    const statement = this.#name(bytes, portalEnd + 1, statementEnd);
    return message('B', cstring(portal), cstring(statement), bytes.subarray(statementEnd + 1));
  }

  /** The message with the name that starts at `at` made private. */
  #renamed(bytes: Buffer, at: number): Buffer {
    const end = bytes.indexOf(0, at);
    if (end === at) return bytes;
    return message(typeOf(bytes), bytes.subarray(5, at), cstring(this.#name(bytes, at, end)), bytes.subarray(end + 1));
  }

  #name(bytes: Buffer, from: number, to: number): string {
    return from === to ? '' : this.#prefix + bytes.toString('utf8', from, to);
  }
}
