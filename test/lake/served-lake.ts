import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfiguration } from '../../contract/configuration';
import { openLake, type Lake } from '../../stores/lake';

/** A lake of which the test itself is the gateway. */
export async function serving(answer: RequestListener, settings: Readonly<Record<string, string>> = {}): Promise<{ readonly lake: Lake; close(): Promise<void> }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const served = openLake(readConfiguration({ ...process.env, ...settings, SLUICE_S3_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
  return {
    lake: served,
    async close() {
      served.close();
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}
