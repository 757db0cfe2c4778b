/** The test run's Temporal, opened once for a file of tests of workflows. */
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { landingHourOf, type LandingHour } from '../../contract/landing-hour';

export const workflowBundle = { codePath: join(__dirname, '../../dist/workflow-bundle.js') };

export interface OpenTemporal {
  readonly client: Client;
  /** a worker's */
  readonly native: NativeConnection;
  close(): Promise<void>;
}

export async function openTemporal(): Promise<OpenTemporal> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const address = process.env.TEMPORAL_ADDRESS!;
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  return {
    client: new Client({ connection }),
    native,
    async close() {
      await native.close();
      await connection.close();
    },
  };
}

/** An hour nobody else uses: workflow ids are one to an hour. */
export function someHour(): LandingHour {
  return landingHourOf(new Date(Date.UTC(2000 + Math.floor(Math.random() * 8000), 0, 1 + Math.floor(Math.random() * 360), Math.floor(Math.random() * 24))));
}
