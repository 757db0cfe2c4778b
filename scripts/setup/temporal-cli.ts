/** The Temporal CLI, whose dev server is the local Temporal: from the PATH, else the official release, else built. */
import type { SetupContext } from './cached-part';
import { goRelease, type ReleasedArchive } from './go-release';
import type { Platform } from './platform';
import { onPath, runTool } from './run-tool';

export const TEMPORAL_CLI_VERSION = '1.8.2';

/** The last one whose modules a proxy has whole: later ones name a folder of their repository that is in none. */
const BUILT_VERSION = '1.5.1';

/**
 * SQLite's driver, as Temporal's CLI has it from 1.7.1 on. Before 1.40.1 a query whose asker gave up at the wrong moment left its rows open:
 * from then on every query of that connection was `interrupted (9)`, and a dev server has one connection, so that it answered nobody until it was
 * started anew.
 */
const NEWER = ['modernc.org/sqlite@v1.44.3'];

/** The first that has that driver. */
const USABLE_SERVER = { major: 1, minor: 31 };

/** SHA-256 of the release's archives, as several projects that pin them have it, all alike. */
const ARCHIVES: Readonly<Record<string, string>> = {
  linux_amd64: 'd8421bda989e6514b4bdb4d63a9012a8a05a806892e881a5aad8510496349a94',
  linux_arm64: '83600a8fac6e3da54093e5da6918d399f501532b9f1172235603f9606f4ac6e4',
  darwin_amd64: '489d7f5420cae02b559774ac23df035141954c33a51dba96f5759a0ddccdf1b6',
  darwin_arm64: 'dacdc3587682c04cf27e67c8878ca2d755230b6ad63c0c6ebddd7348ae90ed94',
};

export async function setUpTemporalCli(context: SetupContext): Promise<string> {
  const found = onPath('temporal');
  if (found !== null && await isUsable(found)) return found;
  return goRelease(context, {
    part: 'temporal',
    program: 'temporal',
    version: TEMPORAL_CLI_VERSION,
    archive: temporalArchive,
    build: {
      version: BUILT_VERSION,
      module: 'github.com/temporalio/cli/cmd/temporal',
      newer: NEWER,
      variables: { 'github.com/temporalio/cli/temporalcli.Version': BUILT_VERSION },
      takes: '5 minutes',
    },
  });
}

function temporalArchive({ os, arch }: Platform): ReleasedArchive {
  const target = `${os}_${arch === 'x64' ? 'amd64' : 'arm64'}`;
  return {
    url: `https://github.com/temporalio/cli/releases/download/v${TEMPORAL_CLI_VERSION}/temporal_cli_${TEMPORAL_CLI_VERSION}_${target}.tar.gz`,
    sha256: ARCHIVES[target]!,
    member: 'temporal',
  };
}

/** `temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)` */
async function isUsable(path: string): Promise<boolean> {
  try {
    const match = /Server (\d+)\.(\d+)/.exec(await runTool({ command: path, args: ['--version'] }));
    if (match === null) return false;
    const [major, minor] = [Number(match[1]), Number(match[2])];
    return major > USABLE_SERVER.major || (major === USABLE_SERVER.major && minor >= USABLE_SERVER.minor);
  } catch {
    return false;
  }
}
