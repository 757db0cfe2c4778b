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

/** What a debugger reads is work to make, and nobody looks at it here. */
const NOT_TO_BE_DEBUGGED = ['-gcflags=all=-dwarf=false', '-ldflags=-s -w'];

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
    args: ['install', ...NOT_TO_BE_DEBUGGED, `${program.module}@${program.version}`],
    // The compiler makes garbage faster than it needs memory: let it collect less often, unless somebody said how often.
    environment: { GOGC: '400', ...process.env, GOBIN: folder },
    cwd: folder,
    fix: 'Check that the Go module proxy can be reached (go env GOPROXY) and start again',
  });
}
