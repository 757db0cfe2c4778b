/** `sluice down`: stops the local stack of this checkout, whoever started it and whether that one still lives. */
import type { Command } from 'commander';
import { stateDir } from '../setup/platform';
import { stopStack } from '../stack/stack';
import type { Terminal } from '../terminal';

export function addDownCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('down')
    .description('stop the local stack; its data stay')
    .action(async () => {
      const stopped = await stopStack(stateDir());
      terminalOf().result({ stopped }, () => (stopped ? 'stopped' : 'nothing was running'));
    });
}
