/** The Temporal CLI, whose dev server is the local Temporal: from the PATH, else the official release, else built. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '../../contract/errors';
import { cachedPart, type SetupContext } from './cached-part';
import { download } from './download';
import { goInstall } from './go-install';
import { thisPlatform } from './platform';
import type { PartProgress } from './progress';
import { onPath, runTool } from './run-tool';

export const TEMPORAL_CLI_VERSION = '1.5.1';

/** SHA-256 of the release's archives, as package repositories that pin them have it. */
const ARCHIVES: Readonly<Record<string, string>> = {
  linux_amd64: 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
  linux_arm64: 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5',
  darwin_amd64: 'bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9',
  darwin_arm64: 'cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415',
};

export async function setUpTemporalCli(context: SetupContext): Promise<string> {
  const found = onPath('temporal');
  if (found !== null && await isUsable(found)) return found;
  const folder = await cachedPart(context, 'temporal', `temporal-${TEMPORAL_CLI_VERSION}`, async (making, progress, downloads) => {
    try {
      await fromRelease(making, progress, downloads);
    } catch (error) {
      // A file that is not what it should be is no reason to look elsewhere quietly.
      if (error instanceof SluiceError && error.kind === 'data') throw error;
      await goInstall({
        name: 'temporal',
        module: 'github.com/temporalio/cli/cmd/temporal',
        version: `v${TEMPORAL_CLI_VERSION}`,
        takes: 'the release could not be downloaded; building takes about 5 minutes, once',
      }, making, progress);
    }
  });
  return join(folder, 'temporal');
}

async function fromRelease(folder: string, progress: PartProgress, downloads: string): Promise<void> {
  const { os, arch } = thisPlatform();
  const target = `${os}_${arch === 'x64' ? 'amd64' : 'arm64'}`;
  const archive = `temporal_cli_${TEMPORAL_CLI_VERSION}_${target}.tar.gz`;
  progress.begin(`downloading ${TEMPORAL_CLI_VERSION}`);
  const path = join(downloads, archive);
  await download({
    url: `https://github.com/temporalio/cli/releases/download/v${TEMPORAL_CLI_VERSION}/${archive}`,
    path,
    algorithm: 'sha256',
    digest: ARCHIVES[target]!,
    answerMs: 5_000,
    progress: (bytes) => { progress.add(bytes); },
  });
  await runTool({ command: 'tar', args: ['-xzf', path, '-C', folder, 'temporal'] });
  chmodSync(join(folder, 'temporal'), 0o755);
}

/** `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)`; update-with-start wants server 1.28 or later. */
async function isUsable(path: string): Promise<boolean> {
  try {
    const match = /Server (\d+)\.(\d+)/.exec(await runTool({ command: path, args: ['--version'] }));
    return match !== null && (Number(match[1]) > 1 || Number(match[2]) >= 28);
  } catch {
    return false;
  }
}
