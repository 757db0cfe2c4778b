/** A command that speaks to Temporal: connected by what the stack or the environment says, and closed again however it ends. */
import type { Client } from '@temporalio/client';
import type { Configuration } from '../contract/configuration';
import { connectTemporal } from '../stores/temporal';
import { stackConfiguration, stackEnvironment } from './stack/environment';

export async function withTemporal(work: (client: Client, configuration: Configuration) => Promise<void>): Promise<void> {
  const configuration = await stackConfiguration();
  const client = await connectTemporal(configuration, stackEnvironment());
  try {
    await work(client, configuration);
  } finally {
    await client.connection.close();
  }
}
