/** `sluice set-up`: the programs of the local stack, before they are wanted: an image is built with them, a slow network is waited for once. */
import type { Command } from 'commander';
import { setUp } from '../setup/set-up';
import { setUpSpark } from '../setup/spark';
import type { Terminal } from '../terminal';

export function addSetUpCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('set-up')
    .description('bring the programs of the local stack onto this machine; `up` does it by itself where one is missing')
    .option('--spark', 'Spark too, which `--engine spark-local` and the tests want')
    .action(async ({ spark }: { readonly spark?: true }) => {
      const terminal = terminalOf();
      const [stack, python] = await Promise.all([setUp(terminal), spark === true ? setUpSpark(terminal) : undefined]);
      const programs = { ...stack, ...(python === undefined ? {} : { spark: python }) };
      terminal.result(programs, () => Object.entries(programs).map(([name, path]) => `${name.padEnd(10)} ${path}`).join('\n'));
    });
}
