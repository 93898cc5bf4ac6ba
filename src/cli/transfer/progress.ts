import type { WriteStream } from 'node:tty';

const EVERY_MS = 100;
const WIDTH = 30;

/** A bar on stderr where a person looks at it; nothing elsewhere. */
export class Progress {
  readonly #what: string;
  readonly #stream: WriteStream;
  readonly #begun = performance.now();
  #told = 0;
  #shown = false;

  constructor(what: string, stream: WriteStream = process.stderr) {
    this.#what = what;
    this.#stream = stream;
  }

  get visible(): boolean {
    return this.#stream.isTTY === true;
  }

  /** `part` of the whole is done, where that is known. */
  tell(rows: number, part?: number): void {
    const now = performance.now();
    if (!this.visible || now - this.#told < EVERY_MS) return;
    this.#told = now;
    this.#shown = true;
    const rate = Math.round((rows * 1000) / Math.max(1, now - this.#begun));
    const bar = part === undefined ? '' : ` ${barOf(part)}`;
    this.#stream.write(`\r\u001B[2K${this.#what}${bar} ${rows.toLocaleString('en')} rows, ${rate.toLocaleString('en')}/s`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#shown) this.#stream.write('\r\u001B[2K');
    this.#shown = false;
  }
}

function barOf(part: number): string {
  const done = Math.min(1, Math.max(0, part));
  const cells = Math.round(done * WIDTH);
  return `[${'█'.repeat(cells)}${'·'.repeat(WIDTH - cells)}] ${String(Math.floor(done * 100)).padStart(3)} %`;
}
