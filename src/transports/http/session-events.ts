import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';

/** `message` is missing where it is no longer kept and nobody waits for it. */
type Event = { readonly place: number; readonly at: number; message: JSONRPCMessage | undefined; weight: number };
/** A session has one for each call and one for what nobody asked for. */
type Stream = {
  readonly name: string;
  readonly number: number;
  readonly events: Map<string | number, Event>;
  isOver: boolean;
  lostUpTo: number;
};

/** The SDK's name for the stream of notifications. */
const NOTIFICATIONS = '_GET_stream';
/** How long an answer is kept for a client whose connection broke before it had read it. */
export const ANSWER_MS = 120_000;
/** All answers of a session together, about. */
export const MOST_BYTES = 256 * 1024;
export const MOST_STREAMS = 200;
/** More than a client may subscribe to. */
export const MOST_NOTIFICATIONS = 1_100;
const EVENT_ID = /^(\d{1,9})-(\d{1,15})$/;

/**
 * What one session's client was sent lately, so that it can take up a stream again where its connection broke (`Last-Event-ID`).
 * Bounded, and what is gone is told: an error takes the place of an answer that is no longer kept, so that nobody waits for it.
 * Of notifications that say the same the last one is kept.
 */
export class SessionEvents implements EventStore {
  readonly #now: () => number;
  readonly #streams = new Map<string, Stream>();
  /** Of calls, oldest first. */
  readonly #kept: Event[] = [];
  #weight = 0;
  #numbers = 0;
  #places = 0;
  #heardUpTo = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async storeEvent(name: string, message: JSONRPCMessage): Promise<string> {
    const stream = this.#streams.get(name) ?? this.#begin(name);
    this.#places += 1;
    const place = this.#places;
    // An empty one only gives the stream its first id.
    if (Object.keys(message).length > 0) {
      if (name === NOTIFICATIONS) this.#keepNotification(stream, { place, at: this.#now(), message, weight: 0 });
      else this.#keepOfCall(stream, { place, at: this.#now(), message, weight: weightOf(message) });
    }
    return `${stream.number}-${place}`;
  }

  /** Whether the client can go on after this event without missing any. */
  knows(id: string): boolean {
    return this.#find(id) !== undefined;
  }

  isNotification(id: string): boolean {
    return this.#find(id)?.stream.name === NOTIFICATIONS;
  }

  /** To be called when the stream of notifications has ended: the client has heard what there was until now. */
  heard(): void {
    this.#heardUpTo = this.#places;
  }

  /** After which event the client has not heard notifications, although it had no stream of them to name one; undefined when there are none. */
  unheard(): string | undefined {
    const stream = this.#streams.get(NOTIFICATIONS);
    const after = Math.max(this.#heardUpTo, stream?.lostUpTo ?? 0);
    const isNew = stream && [...stream.events.values()].some(({ place }) => place > after);
    return isNew ? `${stream.number}-${after}` : undefined;
  }

  async getStreamIdForEventId(id: string): Promise<string | undefined> {
    return this.#find(id)?.stream.name;
  }

  async replayEventsAfter(id: string, { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> }): Promise<string> {
    const found = this.#find(id);
    if (!found) throw new Error('There is no such event.');
    this.#dropOld();
    const { stream, after } = found;
    for (const { place, message } of [...stream.events.values()])
      if (place > after && message !== undefined) await send(`${stream.number}-${place}`, message);
    return stream.name;
  }

  #find(id: string): { stream: Stream; after: number } | undefined {
    const [, number, after] = EVENT_ID.exec(id)?.map(Number) ?? [];
    if (number === undefined || after === undefined || after > this.#places) return undefined;
    for (const stream of this.#streams.values())
      if (stream.number === number) return after >= stream.lostUpTo ? { stream, after } : undefined;
    return undefined;
  }

  #begin(name: string): Stream {
    if (this.#streams.size >= MOST_STREAMS) {
      const ofCalls = [...this.#streams.values()].filter((stream) => stream.name !== NOTIFICATIONS);
      // A call that still runs is not forgotten before one that is over.
      const oldest = ofCalls.find(({ isOver }) => isOver) ?? ofCalls[0]!;
      this.#streams.delete(oldest.name);
      for (const event of oldest.events.values()) this.#drop(event);
    }
    const stream: Stream = { name, number: this.#numbers, events: new Map(), isOver: false, lostUpTo: 0 };
    this.#numbers += 1;
    this.#streams.set(name, stream);
    return stream;
  }

  #keepNotification(stream: Stream, event: Event): void {
    const { events } = stream;
    const told = JSON.stringify(event.message);
    // A map keeps the order of insertion.
    events.delete(told);
    events.set(told, event);
    const [oldest] = events;
    if (!oldest || events.size <= MOST_NOTIFICATIONS) return;
    events.delete(oldest[0] as string);
    stream.lostUpTo = oldest[1].place;
  }

  #keepOfCall(stream: Stream, event: Event): void {
    stream.events.set(event.place, event);
    stream.isOver ||= isAnswer(event.message);
    this.#kept.push(event);
    this.#weight += event.weight;
    this.#dropOld();
  }

  #dropOld(): void {
    const since = this.#now() - ANSWER_MS;
    for (let oldest = this.#kept[0]; oldest && (this.#weight > MOST_BYTES || oldest.at <= since); oldest = this.#kept[0]) {
      this.#kept.shift();
      this.#drop(oldest);
    }
  }

  #drop(event: Event): void {
    this.#weight -= event.weight;
    event.weight = 0;
    const { message } = event;
    event.message = message && isAnswer(message) ? goneIn(message) : undefined;
  }
}

type Answer = Extract<JSONRPCMessage, { result: unknown } | { error: unknown }>;

const isAnswer = (message: JSONRPCMessage | undefined): message is Answer =>
  message !== undefined && ('result' in message || 'error' in message);

const goneIn = ({ id }: Answer): JSONRPCMessage =>
  ({
    jsonrpc: '2.0',
    id,
    error: { code: -32_000, message: 'What was done is done, but its answer is no longer kept. Look, and call again if need be.' },
  }) as JSONRPCMessage;

/** What it takes, about: writing it out to know would cost as much as sending it. Our answers say the same as text and as data. */
function weightOf(message: JSONRPCMessage): number {
  const { content = [], contents = [] } = ('result' in message ? message.result : {}) as Record<string, { text?: string; blob?: string }[]>;
  let length = 500;
  for (const list of [content, contents])
    if (Array.isArray(list)) for (const { text, blob } of list) length += 3 * (text?.length ?? 0) + (blob?.length ?? 0);
  return length;
}
