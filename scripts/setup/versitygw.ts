/**
 * The S3 gateway. No download of a release: no checksum of its archives is published where it could be pinned from, and a
 * file that nobody vouches for is not run. `go install` is vouched for by Go's checksum database.
 */
import { join } from 'node:path';
import { cachedPart, type SetupContext } from './cached-part';
import { goInstall } from './go-install';
import { onPath } from './run-tool';

export const VERSITYGW_VERSION = '1.8.0';

export async function setUpVersitygw(context: SetupContext): Promise<string> {
  const found = onPath('versitygw');
  if (found !== null) return found;
  const folder = await cachedPart(context, 's3', `versitygw-${VERSITYGW_VERSION}`, async (making, progress) => {
    await goInstall({
      name: 'versitygw',
      module: 'github.com/versity/versitygw/cmd/versitygw',
      version: `v${VERSITYGW_VERSION}`,
      takes: 'building takes about 2 minutes, once',
    }, making, progress);
  });
  return join(folder, 'versitygw');
}
