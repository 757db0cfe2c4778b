/** A Go program built from its pinned version; the module proxy's checksum database vouches for the sources. */
import { SluiceError } from '../../contract/errors';
import type { PartProgress } from './progress';
import { onPath, runTool } from './run-tool';

export interface GoProgram {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** how long it takes, for those who wait */
  readonly takes: string;
}

export async function goInstall(program: GoProgram, folder: string, progress: PartProgress): Promise<void> {
  const go = onPath('go');
  if (go === null) {
    throw new SluiceError({
      kind: 'configuration',
      what: `${program.name} ${program.version} is not on the PATH, and without Go it cannot be built`,
      on: program.name,
      fix: 'Install Go 1.25 or later (Debian: sudo apt install golang-go, or https://go.dev/dl where that is older; macOS: brew install go) '
        + `or put \`${program.name}\` on the PATH`,
    });
  }
  progress.begin(`go install ${program.module}@${program.version} (${program.takes})`);
  await runTool({
    command: go,
    args: ['install', `${program.module}@${program.version}`],
    environment: { ...process.env, GOBIN: folder },
    cwd: folder,
    fix: 'Check that the Go module proxy can be reached (go env GOPROXY) and start again',
  });
}
