/**
 * `npm run bench -- idle [--hours N] [--parallel N] [--lines N] [--runs N]`: a backfill of empty hours, and small hours one after the other, beside as
 * many activities that do nothing; and how many events of Temporal each hour takes.
 */
import { program } from 'commander';
import { prepareStores } from '../scripts/application';
import { wholeNumberOption } from '../scripts/options';
import { stackConfiguration } from '../scripts/stack/environment';
import { table, Terminal } from '../scripts/terminal';
import { keptComparisons, renderedComparisons } from './measuring/comparison';
import { withOwnStack } from './measuring/own-stack';
import { circumstances, keepResult, rounded, versionsOf } from './measuring/results';
import { sluice } from './measuring/sluice';
import { compareIdle, FIRST_SMALL, type IdleOptions } from './idling/compare-idle';

async function main(): Promise<void> {
  const options = program
    .option('--hours <n>', 'empty hours of the backfill', wholeNumberOption(1), 720)
    .option('--parallel <n>', 'of them under way at once', wholeNumberOption(1), 4)
    .option('--lines <n>', 'lines of a small hour', wholeNumberOption(1), 1_000)
    .option('--runs <n>', 'small hours, one after the other, alternating with empty activities', wholeNumberOption(1), 5)
    .parse().opts<IdleOptions>();
  const terminal = new Terminal(false);
  await withOwnStack(terminal, async (stack) => {
    const configuration = await stackConfiguration();
    await prepareStores(configuration, terminal);
    await sluice(['generate', '--landing-hour', FIRST_SMALL, '--lines', String(options.lines), '--hours', String(options.runs + 1)]);
    const { compared, events } = await compareIdle(stack, configuration, options, terminal);
    terminal.result(null, () => [
      `\n${renderedComparisons('hours', compared)}\n`,
      table([{ title: 'workflow' }, { title: 'events of its history', right: true }], Object.entries(events).map(([name, count]) => [name, count.toFixed(1)])),
    ].join('\n'));
    terminal.say(`kept in ${await keepResult('idle', {
      ...circumstances(versionsOf(stack.parts)), ...options, compared: keptComparisons(compared),
      events: Object.fromEntries(Object.entries(events).map(([name, count]) => [name, rounded(count)])),
    })}`);
  });
  process.exit(0);
}

main().catch((error: unknown) => {
  new Terminal(false).error(error);
  process.exit(1);
});
