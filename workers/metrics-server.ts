/** `/metrics` for Prometheus and `/healthz` for whoever restarts workers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SluiceError } from '../contract/errors';
import type { Metrics } from './metrics';

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface Health {
  readonly healthy: boolean;
  readonly state: string;
}

/** `port` 0: any free one. */
export async function startMetricsServer(metrics: Metrics, health: () => Health, port: number): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/healthz') {
      const { healthy, state } = health();
      response.writeHead(healthy ? 200 : 503, { 'content-type': 'application/json' }).end(`${JSON.stringify({ state })}\n`);
    } else if (path === '/metrics') {
      metrics.registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text),
        // What went wrong may hold an address or a password; the log of the reader has it, the scraper need not.
        () => response.writeHead(500).end('the metrics could not be collected\n'),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new SluiceError({
      kind: 'configuration',
      what: error.code === 'EADDRINUSE' ? 'the port of the metrics is taken' : `the metrics cannot be served: ${error.message}`,
      on: `port ${port}`,
      fix: 'Set SLUICE_METRICS_PORT to another port, or to 0 for any free one',
      cause: error,
    })));
    server.listen(port, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
