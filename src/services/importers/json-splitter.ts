/** The bytes of one item, where it stands, and what is wrong with it as far as brackets tell. */
export type Piece = Readonly<{
  bytes: Buffer;
  size: number;
  /** Which top-level list it stands in, from 1; 0 for none. */
  list: number;
  /** Its place in that list, from 0. */
  at: number;
  line: number;
  /** Too large, nested too deep, or never closed. */
  fault: 'large' | 'deep' | 'open' | null;
}>;

/** What the database and our own walks through values take without ado; a real export has some twenty levels. */
const DEEPEST = 200;

const [QUOTE, BACKSLASH, COMMA, LINE_FEED] = [0x22, 0x5c, 0x2c, 0x0a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const EXPECTS_VALUE = new Set([OPEN_LIST, COMMA, 0x3a]);
const NOTHING = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into JSON items without parsing them. Outside of a list a line that is broken ends where the next value
 * begins a line, so it takes no other with it.
 */
export class JsonSplitter {
  readonly #largest: number;
  #pieces: Piece[] = [];
  #fresh = true;
  /** Whether the items are elements of a list; undefined between two top-level values. */
  #inList: boolean | undefined;
  #list = 0;
  #at = 0;
  #line = 1;
  #lineStart = true;
  /** The item being read. */
  #started = false;
  #parts: Buffer[] = [];
  #size = 0;
  #depth = 0;
  #deep = false;
  #inString = false;
  #escaped = false;
  #startLine = 1;
  /** The byte before, blanks left out. */
  #last = 0;

  constructor(largest: number) {
    this.#largest = largest;
  }

  /** The items that are complete by now. */
  take(): Piece[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  push(given: Buffer): void {
    const chunk = this.#fresh && given.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? given.subarray(3) : given;
    if (chunk.length > 0) this.#fresh = false;
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!;
      if (this.#inString && byte !== LINE_FEED) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
        continue;
      }
      if (byte === LINE_FEED) {
        // No text of JSON holds a line break: the line is broken, or a value without brackets ends here.
        if (this.#started && !this.#inList && (this.#inString || this.#depth === 0)) from = this.#finish(chunk, from, at, at + 1);
        this.#line += 1;
        this.#lineStart = true;
        continue;
      }
      if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) {
        this.#lineStart = false;
        continue;
      }
      // An object follows a bracket, a comma or a colon; on a new line after anything else it is the next one.
      if (this.#lineStart && byte === OPEN_OBJECT && this.#started && !this.#inList && !EXPECTS_VALUE.has(this.#last))
        from = this.#finish(chunk, from, at, at);
      this.#lineStart = false;
      this.#last = byte;
      if (!this.#started) {
        if (!this.#begins(byte)) continue;
        from = at;
      } else if (this.#inList && this.#depth === 0 && (byte === COMMA || byte === CLOSE_LIST)) {
        from = this.#finish(chunk, from, at, at + 1);
        if (byte === CLOSE_LIST) this.#inList = undefined;
        continue;
      }
      if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        this.#depth += 1;
        if (this.#depth > DEEPEST) this.#deep = true;
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        this.#depth -= 1;
        if (this.#depth <= 0) from = this.#finish(chunk, from, at + 1, at + 1);
      }
    }
    if (this.#started) this.#keep(chunk.subarray(from));
  }

  end(): void {
    const open = this.#inString || this.#depth > 0;
    if (this.#started) this.#finish(NOTHING, 0, 0, 0, open || this.#inList ? 'open' : null);
    else if (this.#inList) this.#add('open');
  }

  /** Whether a byte between two items begins one. */
  #begins(byte: number): boolean {
    if (byte === COMMA) return false;
    if (this.#inList && byte === CLOSE_LIST) {
      this.#inList = undefined;
      return false;
    }
    if (!this.#inList && byte === OPEN_LIST) {
      this.#inList = true;
      this.#list += 1;
      this.#at = 0;
      return false;
    }
    this.#inList ??= false;
    this.#started = true;
    this.#startLine = this.#line;
    return true;
  }

  #keep(bytes: Buffer): void {
    this.#size += bytes.length;
    // Of an item that is too large nothing is kept but its size.
    if (this.#size > this.#largest) this.#parts = [];
    else this.#parts.push(bytes);
  }

  /** The item ends before `to`; the next one cannot begin before `next`, which is handed back. */
  #finish(chunk: Buffer, from: number, to: number, next: number, fault: Piece['fault'] = null): number {
    this.#keep(chunk.subarray(from, to));
    this.#add(this.#size > this.#largest ? 'large' : this.#deep ? 'deep' : fault);
    return next;
  }

  #add(fault: Piece['fault']): void {
    const list = this.#inList ? this.#list : 0;
    const line = this.#started ? this.#startLine : this.#line;
    this.#pieces.push({ bytes: Buffer.concat(this.#parts), size: this.#size, list, at: this.#at, line, fault });
    this.#at += 1;
    this.#parts = [];
    this.#size = 0;
    this.#depth = 0;
    this.#started = false;
    this.#deep = false;
    this.#inString = false;
    this.#escaped = false;
    if (!this.#inList) this.#inList = undefined;
  }
}
