/**
 * `npm run bench -- load [--rows N] [--merchants N] [--runs N] [--against debezium,copy]`: an hour's load, fresh, replayed, with a tenth of it
 * changed, and whole, beside Debezium's JDBC sink and beside COPY of a ready file with the same merge. Fails unless every side ends with the same sums.
 */
import { tmpdir } from 'node:os';
import { program } from 'commander';
import { withWorkFolder } from '../activities/work-folder';
import { prepareStores } from '../scripts/application';
import { wholeNumberOption } from '../scripts/options';
import { DEBEZIUM_VERSION } from '../scripts/setup/kafka-connect';
import { stackConfiguration } from '../scripts/stack/environment';
import { Terminal } from '../scripts/terminal';
import { keptComparisons, renderedComparisons } from './measuring/comparison';
import { withOwnStack } from './measuring/own-stack';
import { circumstances, keepResult, versionsOf } from './measuring/results';
import { someOf } from './measuring/some-of';
import { compareLoads, LOAD_PEERS, type LoadOptions } from './loading/compare-loads';

async function main(): Promise<void> {
  const options = program
    .option('--rows <n>', 'payments of the hour', wholeNumberOption(10), 1_000_000)
    .option('--merchants <n>', 'merchants', wholeNumberOption(1), 50)
    .option('--runs <n>', 'runs of each side, alternating', wholeNumberOption(1), 3)
    .option('--against <peers>', `of ${LOAD_PEERS.join(', ')}, or none`, someOf(LOAD_PEERS), LOAD_PEERS)
    .parse().opts<LoadOptions>();
  const terminal = new Terminal(false);
  await withWorkFolder(tmpdir(), (folder) => withOwnStack(terminal, async (stack) => {
    const configuration = await stackConfiguration();
    await prepareStores(configuration, terminal);
    const compared = await compareLoads(stack, configuration, options, folder, terminal);
    terminal.result(null, () => `\n${renderedComparisons('records', compared)}`);
    terminal.say(`kept in ${await keepResult('load', { ...circumstances({ ...versionsOf(stack.parts), debezium: DEBEZIUM_VERSION }), ...options, compared: keptComparisons(compared) })}`);
  }));
  process.exit(0);
}

main().catch((error: unknown) => {
  new Terminal(false).error(error);
  process.exit(1);
});
