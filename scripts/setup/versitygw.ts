/** The S3 gateway: from the PATH, else the official release, else built. */
import type { SetupContext } from './cached-part';
import { goRelease, type ReleasedArchive } from './go-release';
import type { Platform } from './platform';
import { onPath } from './run-tool';

export const VERSITYGW_VERSION = '1.8.0';

/** SHA-256 of the release's archives, as several projects that pin them have it, all alike. */
const ARCHIVES: Readonly<Record<string, string>> = {
  Linux_x86_64: '2ba2c734d10d2c4e651d03182cb4b246656bc735a2f282db7b0b73fba6073467',
  Linux_arm64: 'b34051d33f5a9c457f790896acb7bd7d7e15ad8d92efb70616b924f37e401910',
  Darwin_x86_64: '104bd978e80ef0173554cfd8630ccc5bac24b00da440510b60365a3b6b6ab134',
  Darwin_arm64: '4953096f65a9c0d62ab184fb6b2ba7c2435229205cf00a56cb62cd4bf6b216ca',
};

export async function setUpVersitygw(context: SetupContext): Promise<string> {
  return onPath('versitygw') ?? goRelease(context, {
    part: 's3',
    program: 'versitygw',
    version: VERSITYGW_VERSION,
    archive: versitygwArchive,
    build: { module: 'github.com/versity/versitygw/cmd/versitygw', takes: '2 minutes' },
  });
}

function versitygwArchive({ os, arch }: Platform): ReleasedArchive {
  const target = `${os === 'linux' ? 'Linux' : 'Darwin'}_${arch === 'x64' ? 'x86_64' : 'arm64'}`;
  const name = `versitygw_v${VERSITYGW_VERSION}_${target}`;
  return {
    url: `https://github.com/versity/versitygw/releases/download/v${VERSITYGW_VERSION}/${name}.tar.gz`,
    sha256: ARCHIVES[target]!,
    member: `${name}/versitygw`,
  };
}
