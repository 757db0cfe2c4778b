/** `sluice prepare`: what must be there before a worker can work, on any deployment; a second run changes nothing. */
import type { Command } from 'commander';
import { prepareStores } from '../application';
import { stackConfiguration } from '../stack/environment';
import type { Terminal } from '../terminal';

export function addPrepareCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('prepare')
    .description('bring the database, the lake’s bucket, the catalogue and the topic to what this version expects; run it before new workers')
    .action(async () => {
      const terminal = terminalOf();
      await prepareStores(await stackConfiguration(), terminal);
      terminal.result({ prepared: true }, () => 'prepared');
    });
}
