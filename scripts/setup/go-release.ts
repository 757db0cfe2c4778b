/** A Go program as its makers released it, known by its pinned checksum; where that cannot be had, built from its pinned version. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '../../contract/errors';
import { cachedPart, type SetupContext } from './cached-part';
import { download } from './download';
import { goBuild, type GoProgram } from './go-build';
import { thisPlatform, type Platform } from './platform';
import type { PartProgress } from './progress';
import { runTool } from './run-tool';

export interface GoRelease {
  /** of the stack, as the progress lines name it */
  readonly part: string;
  /** the binary, in its archive and once installed */
  readonly program: string;
  /** of the archive */
  readonly version: string;
  readonly archive: (platform: Platform) => ReleasedArchive;
  readonly build: GoBuild;
}

export interface GoBuild extends Pick<GoProgram, 'module' | 'newer' | 'variables'> {
  /** where it cannot be the archive's */
  readonly version?: string;
  /** how long it takes, for those who wait */
  readonly takes: string;
}

export interface ReleasedArchive {
  readonly url: string;
  /** of the archive, hex */
  readonly sha256: string;
  /** path of the binary in it */
  readonly member: string;
}

/** The path of the binary. */
export async function goRelease(context: SetupContext, release: GoRelease): Promise<string> {
  const { part, program, version, build } = release;
  const built = build.version ?? version;
  const folder = await cachedPart(context, part, [program, ...new Set([version, built])].join('-'), async (making, progress, downloads) => {
    try {
      await fromArchive(release, making, progress, downloads);
    } catch (error) {
      // A file that is not what it should be is no reason to look elsewhere quietly.
      if (error instanceof SluiceError && error.kind === 'data') throw error;
      const takes = `the release could not be downloaded; building takes about ${build.takes}, once`;
      await goBuild({ ...build, name: program, version: `v${built}`, takes }, making, progress);
    }
  });
  return join(folder, program);
}

async function fromArchive({ program, version, archive }: GoRelease, folder: string, progress: PartProgress, downloads: string): Promise<void> {
  const { url, sha256, member } = archive(thisPlatform());
  progress.begin(`downloading ${version}`);
  const path = join(downloads, url.slice(url.lastIndexOf('/') + 1));
  await download({
    url, path, algorithm: 'sha256', digest: sha256,
    answerMs: 5_000,
    progress: (bytes) => { progress.add(bytes); },
  });
  const depth = member.split('/').length - 1;
  await runTool({ command: 'tar', args: ['-xzf', path, '-C', folder, `--strip-components=${depth}`, member] });
  chmodSync(join(folder, program), 0o755);
}
