/** `sluice api`: one API server in the foreground. */
import { once } from 'node:events';
import type { Command } from 'commander';
import { connectTemporal } from '../../stores/temporal';
import { startApi } from '../../workers/api';
import { createLog } from '../../workers/log';
import { stackConfiguration, stackEnvironment } from '../stack/environment';
import type { Terminal } from '../terminal';

export function addApiCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('api')
    .description('serve reports, payments and operations over HTTP until SIGTERM or Ctrl-C; several may run')
    .addHelpText('after', '\nIt wants a key: npx sluice keys create --name me. What there is to ask: /docs, /openapi.json')
    .action(async () => {
      const configuration = await stackConfiguration();
      // Before anything is open: a signal that comes while it starts must not be lost.
      const asked = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      const client = await connectTemporal(configuration, stackEnvironment());
      try {
        const api = await startApi({ configuration, client, log: createLog(configuration) });
        terminalOf().result({ address: api.address }, () => `API: ${api.address}, described at ${api.address}/docs`);
        await asked;
        await api.close();
      } finally {
        await client.connection.close();
      }
    });
}
