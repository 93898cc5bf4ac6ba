import { setTimeout as sleep } from 'node:timers/promises';
import { BenchClient, type Revision } from './requests.js';

export type Member = { key: string; marker: string; conversationId: string };
export type Job = {
  url: string;
  revision: Revision;
  members: Member[];
  seconds: number;
  /** Only what the floor answers as well, or what a day with an assistant is made of. */
  calls: 'load_history' | 'mixed';
};
export type Load = {
  perSecond: number;
  p50: number;
  p95: number;
  calls: number /** With those before and after the measured time. */;
  all: number;
  errors: string[];
  strayed: number;
};

const WARM_UP_MS = 1_000;

type Call = { name: string; args: Record<string, unknown>; marked: boolean };

/** What one client calls next: mostly it reads. */
function nextCall({ marker, conversationId }: Member, calls: Job['calls'], turn: number): Call {
  const load: Call = { name: 'load_history', args: { conversation_id: conversationId }, marked: true };
  if (calls === 'load_history') return load;
  const messages = [
    { role: 'user', content: `What about ${marker} on day ${turn}?` },
    { role: 'assistant', content: `On day ${turn} ${marker} was at the harbour.` },
  ];
  const mixed: readonly Call[] = [
    load,
    { name: 'save_turn', args: { conversation_id: conversationId, messages }, marked: false },
    load,
    { name: 'recall', args: { query: `Where was ${marker}?` }, marked: true },
    load,
    { name: 'get_context', args: { conversation_id: conversationId, query: `harbour ${marker}` }, marked: true },
    { name: 'list_conversations', args: {}, marked: true },
    { name: 'search_messages', args: { query: 'harbour', limit: 5 }, marked: true },
  ];
  return mixed[turn % mixed.length]!;
}

/** Clients that call one after the other without a pause, each its own conversation, and look whether the answer is theirs. */
async function run({ url, revision, members, seconds, calls }: Job): Promise<Load> {
  const times: number[] = [];
  const errors: string[] = [];
  let strayed = 0;
  let all = 0;
  let counting = false;
  let going = true;
  const others = new RegExp(members.map(({ marker }) => `\\b${marker}\\b`).join('|'), 'g');
  const work = async (member: Member, index: number) => {
    const client = await BenchClient.connect(url, member.key, revision);
    for (let turn = index; going; turn += 1) {
      const { name, args, marked } = nextCall(member, calls, turn);
      const start = performance.now();
      try {
        const text = await client.call(name, args);
        all += 1;
        if (counting) times.push(performance.now() - start);
        const seen = new Set(text.match(others));
        if ((marked && !seen.has(member.marker)) || seen.size > (seen.has(member.marker) ? 1 : 0)) strayed += 1;
      } catch (error) {
        errors.push(String(error));
        await sleep(50);
      }
    }
    client.close();
  };
  const working = Promise.all(members.map(work));
  await sleep(WARM_UP_MS);
  counting = true;
  const start = performance.now();
  await sleep(seconds * 1000);
  counting = false;
  const elapsed = (performance.now() - start) / 1000;
  going = false;
  await working;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { perSecond: times.length / elapsed, p50: at(0.5), p95: at(0.95), calls: times.length, all, errors: errors.slice(0, 5), strayed };
}

/** A process of its own, so that clients and server do not wait for each other. */
process.once('message', (job: Job) => {
  run(job).then((load) => process.send!(load, () => process.exit(0)));
});
