/** `sluice worker`: one worker in the foreground. */
import type { Command } from 'commander';
import { runWorker } from '../../workers/worker';
import { stackConfiguration, stackEnvironment } from '../stack/environment';

export function addWorkerCommand(program: Command): void {
  program
    .command('worker')
    .description('run one worker in the foreground until SIGTERM or Ctrl-C; several may run')
    .action(async () => {
      await runWorker(await stackConfiguration(), stackEnvironment());
    });
}
