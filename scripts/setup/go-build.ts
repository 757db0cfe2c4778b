/** A Go program built from its pinned version; the module proxy's checksum database vouches for the sources. */
import { join } from 'node:path';
import { SluiceError } from '../../contract/errors';
import type { PartProgress } from './progress';
import { onPath, runTool } from './run-tool';

export interface GoProgram {
  readonly name: string;
  /** the path of its package */
  readonly module: string;
  readonly version: string;
  /** modules that it must be built with in a later version than it asks for itself: `module@version` */
  readonly newer?: readonly string[];
  /** values for its variables: `package.Variable` to text */
  readonly variables?: Readonly<Record<string, string>>;
  /** how long it takes, for those who wait */
  readonly takes: string;
}

export async function goBuild(program: GoProgram, folder: string, progress: PartProgress): Promise<void> {
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
  const { name, module, version, newer = [], variables = {} } = program;
  progress.begin(`go build ${module}@${version} (${program.takes})`);
  const run = (...args: string[]): Promise<string> => runTool({
    command: go,
    args,
    // The compiler makes garbage faster than it needs memory: let it collect less often, unless somebody said how often.
    environment: { GOGC: '400', ...process.env, GOWORK: 'off' },
    cwd: folder,
    fix: 'Check that the Go module proxy can be reached (go env GOPROXY) and start again',
  });
  // In a module of its own: `go install` takes no other version of what a program is made of.
  await run('mod', 'init', `sluice.invalid/${name}`);
  await run('get', `${module}@${version}`, ...newer);
  // What a debugger reads is work to make, and nobody looks at it here.
  const linking = ['-s', '-w', ...Object.entries(variables).map(([variable, text]) => `-X ${variable}=${text}`)].join(' ');
  await run('build', '-gcflags=all=-dwarf=false', `-ldflags=${linking}`, '-o', join(folder, name), module);
}
