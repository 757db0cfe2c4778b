/** `sluice status`: each part of the local stack, with an address that other tools take as it is. */
import type { Command } from 'commander';
import { stateDir } from '../setup/platform';
import { readState } from '../stack/state';
import { stackStatus } from '../stack/status';
import { EXIT, table, type Terminal } from '../terminal';

export function addStatusCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('status')
    .description('each part of the local stack: version, pid, address, health; exit 1 unless all are well')
    .option('--environment', 'print the stack’s settings for a shell instead: eval "$(npx sluice status --environment)"')
    .action(async (options: { readonly environment?: true }) => {
      const terminal = terminalOf();
      const state = readState(stateDir());
      if (state === null) process.exitCode = EXIT.failed;
      if (options.environment === true) {
        const environment = state?.environment ?? {};
        terminal.result(environment, () => Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`).join('\n'));
        return;
      }
      const parts = await stackStatus(stateDir());
      if (parts.some((part) => part.health !== 'well')) process.exitCode = EXIT.failed;
      const ui = state === null ? null : `http://127.0.0.1:${state.ports.temporal_ui}`;
      terminal.result({ up: state !== null, stateDir: stateDir(), temporalUi: ui, parts }, () => {
        if (ui === null) return 'The local stack is not up. `npm start` or `npx sluice up` starts it.';
        const rows = parts.map((part) => [
          part.name, part.version, part.pid === null ? '–' : String(part.pid), part.detail === null ? part.health : `${part.health}: ${part.detail}`, part.address,
        ]);
        return [
          table([{ title: 'part' }, { title: 'version' }, { title: 'pid', right: true }, { title: 'health' }, { title: 'address' }], rows),
          '',
          `Temporal UI  ${ui}`,
          `data, logs   ${stateDir()}`,
          'keys         eval "$(npx sluice status --environment)"   for aws --endpoint-url and others that need them',
        ].join('\n');
      });
    });
}
