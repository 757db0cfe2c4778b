/**
 * `npm run bench -- publish [--rows N] [--runs N] [--formats avro,json] [--against java]`: an hour's records as one transaction, beside Java's
 * producer under Kafka's own measuring tool, on a stack of its own. Fails unless ours reads back to the sums that were sent.
 */
import { tmpdir } from 'node:os';
import { program } from 'commander';
import { withWorkFolder } from '../activities/work-folder';
import { wholeNumberOption } from '../scripts/options';
import { KAFKA_CONNECT_VERSION } from '../scripts/setup/kafka-connect';
import { stackConfiguration } from '../scripts/stack/environment';
import { Terminal } from '../scripts/terminal';
import { keptComparisons, renderedComparisons } from './measuring/comparison';
import { withOwnStack } from './measuring/own-stack';
import { circumstances, keepResult, versionsOf } from './measuring/results';
import { someOf } from './measuring/some-of';
import { comparePublishes, FORMATS, PUBLISH_PEERS, type PublishOptions } from './publishing/compare-publishes';

async function main(): Promise<void> {
  const options = program
    .option('--rows <n>', 'records of the hour', wholeNumberOption(10), 1_000_000)
    .option('--runs <n>', 'runs of each side, alternating', wholeNumberOption(1), 3)
    .option('--formats <names>', `of ${FORMATS.join(', ')}`, someOf(FORMATS), FORMATS)
    .option('--against <peers>', `of ${PUBLISH_PEERS.join(', ')}, or none`, someOf(PUBLISH_PEERS), PUBLISH_PEERS)
    .parse().opts<PublishOptions>();
  const terminal = new Terminal(false);
  await withWorkFolder(tmpdir(), (folder) => withOwnStack(terminal, async (stack) => {
    const compared = await comparePublishes(stack, await stackConfiguration(), options, folder, terminal);
    terminal.result(null, () => `\n${renderedComparisons('records', compared)}`);
    terminal.say(`kept in ${await keepResult('publish', {
      ...circumstances({ ...versionsOf(stack.parts), producer: KAFKA_CONNECT_VERSION }), ...options, compared: keptComparisons(compared),
    })}`);
  }));
  process.exit(0);
}

main().catch((error: unknown) => {
  new Terminal(false).error(error);
  process.exit(1);
});
