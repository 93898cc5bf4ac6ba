/** What became of one kind of thing. */
export type Taken = { read: number; added: number; known: number };

export type ImportReport = {
  conversations: Taken;
  messages: Taken;
  memories: Taken;
  entities: Taken;
  relations: Taken;
  /** Memories here in whose place a newer one of the file was put. */
  superseded: number;
  /** How many things were not taken; the first of them, with the reason. */
  rejected: number;
  rejections: { where: string; why: string }[];
  dryRun: boolean;
};

/** Reasons that are kept: a file may have any number of bad lines. */
const KEPT = 1000;

const none = (): Taken => ({ read: 0, added: 0, known: 0 });

export const emptyReport = (dryRun: boolean): ImportReport => ({
  conversations: none(),
  messages: none(),
  memories: none(),
  entities: none(),
  relations: none(),
  superseded: 0,
  rejected: 0,
  rejections: [],
  dryRun,
});

export function reject(report: ImportReport, where: string, why: string): void {
  report.rejected += 1;
  if (report.rejections.length < KEPT) report.rejections.push({ where, why });
}
