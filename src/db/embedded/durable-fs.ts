import { fstatSync, fsyncSync, lstatSync, statSync } from 'node:fs';
import { NodeFS } from '@electric-sql/pglite/nodefs';

type EmscriptenStream = { nfd?: number; node: object };
type EmscriptenNodeFS = {
  stream_ops: { fsync?: (stream: EmscriptenStream) => number };
  realPath(node: object): string;
  getMode(path: string): number;
  convertNodeCode(error: { code: string }): number;
};
type EmscriptenModule = { FS: { filesystems: { NODEFS: EmscriptenNodeFS }; ErrnoError: new (errno: number) => object } };

/** PGlite's file system with the fsync that Emscripten's lacks; without it nothing is forced to the disk. */
export class DurableNodeFS extends NodeFS {
  syncs = 0;

  override async init(...[pg, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const addFsync = ({ FS }: EmscriptenModule): void => {
      const files = FS.filesystems.NODEFS;
      files.stream_ops.fsync = ({ nfd, node }) => {
        if (nfd === undefined) return 0;
        assertInPlace(nfd, () => files.realPath(node));
        this.syncs += 1;
        fsyncSync(nfd);
        return 0;
      };
    };
    const preRun = (emscriptenOpts.preRun ?? []) as ((module: EmscriptenModule) => void)[];
    const all = [...preRun, addFsync, missWithoutException] as NonNullable<typeof emscriptenOpts.preRun>;
    return { emscriptenOpts: { ...emscriptenOpts, preRun: all } };
  }
}

/** PostgreSQL asks all the time for files that may not be there, and an exception of Node's takes several times as long as the answer. */
const missWithoutException = ({ FS }: EmscriptenModule): void => {
  const files = FS.filesystems.NODEFS;
  const { getMode } = files;
  const missing = files.convertNodeCode({ code: 'ENOENT' });
  files.getMode = (path) => {
    if (!lstatSync(path, { throwIfNoEntry: false })) throw new FS.ErrnoError(missing);
    return getMode(path);
  };
};

/** A log that was removed is gone with the last program that has it open: no commit may be acknowledged for what is written to it. */
const assertInPlace = (descriptor: number, pathOf: () => string): void => {
  const { nlink, ino } = fstatSync(descriptor);
  if (nlink > 0) return;
  const path = pathOf();
  // Some file systems count no links at all, so the name has the last word.
  if (path.includes('pg_wal') && statSync(path, { throwIfNoEntry: false })?.ino !== ino)
    throw new Error(`${path} was removed while it was open`);
};
