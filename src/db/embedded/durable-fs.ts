import { fsyncSync } from 'node:fs';
import { NodeFS } from '@electric-sql/pglite/nodefs';

type EmscriptenStream = { nfd?: number };
type EmscriptenModule = { FS: { filesystems: { NODEFS: { stream_ops: { fsync?: (stream: EmscriptenStream) => number } } } } };

/** PGlite's file system with the fsync that Emscripten's lacks; without it nothing is forced to the disk. */
export class DurableNodeFS extends NodeFS {
  syncs = 0;

  override async init(...[pg, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const addFsync = (module: EmscriptenModule): void => {
      module.FS.filesystems.NODEFS.stream_ops.fsync = (stream) => {
        if (stream.nfd !== undefined) {
          this.syncs += 1;
          fsyncSync(stream.nfd);
        }
        return 0;
      };
    };
    const preRun = (emscriptenOpts.preRun ?? []) as ((module: EmscriptenModule) => void)[];
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...preRun, addFsync] as NonNullable<typeof emscriptenOpts.preRun> } };
  }
}
