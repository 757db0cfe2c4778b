/** `sluice worker`: one worker in the foreground. */
import type { Command } from 'commander';
import type { Configuration } from '../../contract/configuration';
import { mayChoose } from '../../contract/engine-choice';
import { runWorker } from '../../workers/worker';
import { setUpSpark } from '../setup/spark';
import { stackConfiguration, stackEnvironment } from '../stack/environment';
import type { Terminal } from '../terminal';

export function addWorkerCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('worker')
    .description('run one worker in the foreground until SIGTERM or Ctrl-C; several may run')
    .action(async () => {
      await runWorker(await withSpark(await stackConfiguration(), terminalOf()), stackEnvironment());
    });
}

/** Before the worker takes work: a set-up of minutes in the middle of an hour's run would pass for one that hangs. */
async function withSpark(configuration: Configuration, terminal: Terminal): Promise<Configuration> {
  const isWanted = mayChoose(configuration, 'spark-local') || configuration.SLUICE_NIGHTLY_ENGINE === 'spark-local';
  if (configuration.SLUICE_SPARK_PYTHON !== undefined || !isWanted) return configuration;
  return { ...configuration, SLUICE_SPARK_PYTHON: await setUpSpark(terminal) };
}
