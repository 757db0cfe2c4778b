/** `sluice prepare`: what must be there before a worker can work, on any deployment; a second run changes nothing. */
import type { Command } from 'commander';
import { migrate } from '../../stores/migrations';
import { openPostgres } from '../../stores/postgres';
import { ensureBucket } from '../stack/bucket';
import { stackConfiguration } from '../stack/environment';
import type { Terminal } from '../terminal';

export function addPrepareCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('prepare')
    .description('apply the database’s migrations (owner role); run it before the workers of a new version')
    .option('--bucket', 'make the lake’s bucket too where it is missing')
    .action(async (options: { readonly bucket?: true }) => {
      const configuration = await stackConfiguration();
      const owner = openPostgres(configuration, 'owner');
      const { applied } = await migrate(owner).finally(() => owner.close());
      const bucketMade = options.bucket === true && await ensureBucket({
        endpoint: configuration.SLUICE_S3_ENDPOINT, region: configuration.SLUICE_AWS_REGION, bucket: configuration.SLUICE_LAKE_BUCKET,
      });
      terminalOf().result({ applied, bucketMade }, () => [
        applied.length === 0 ? 'the database was up to date' : `applied ${applied.join(', ')}`,
        ...(bucketMade ? [`made the bucket ${configuration.SLUICE_LAKE_BUCKET}`] : []),
      ].join('\n'));
    });
}
