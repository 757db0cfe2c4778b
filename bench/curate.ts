/**
 * `npm run bench -- curate [--lines N] [--merchants N] [--compressions plain,gzip,zstd] [--runs N] [--against spark,floor]`: generated lines through
 * `sluice curate` alone, beside the same SQL on Spark and beside DuckDB's bare parse; no service runs. Two sizes, one after the other, show
 * whether the cost grows with the lines and whether the memory stays.
 */
import { tmpdir } from 'node:os';
import { program } from 'commander';
import { withWorkFolder } from '../activities/work-folder';
import { wholeNumberOption } from '../scripts/options';
import { SPARK_VERSION } from '../scripts/setup/spark';
import { Terminal } from '../scripts/terminal';
import { compareCurates, CURATE_PEERS, type CurateOptions } from './curating/compare-curates';
import { COMPRESSIONS } from './curating/raw-hour';
import { keptComparisons, renderedComparisons } from './measuring/comparison';
import { circumstances, keepResult } from './measuring/results';
import { someOf } from './measuring/some-of';

async function main(): Promise<void> {
  const options = program
    .option('--lines <n>', 'lines', wholeNumberOption(1), 1_000_000)
    .option('--merchants <n>', 'merchants', wholeNumberOption(1), 50)
    .option('--compressions <names>', `of ${COMPRESSIONS.join(', ')}`, someOf(COMPRESSIONS), ['plain'])
    .option('--runs <n>', 'runs of each side, alternating', wholeNumberOption(1), 3)
    .option('--against <peers>', `of ${CURATE_PEERS.join(', ')}, or none`, someOf(CURATE_PEERS), CURATE_PEERS)
    .option('--spark-memory <size>', 'heap of Spark’s Java', '2GB')
    .parse().opts<CurateOptions>();
  const terminal = new Terminal(false);
  const compared = await withWorkFolder(tmpdir(), (folder) => compareCurates(options, folder, terminal));
  terminal.result(null, () => `\n${renderedComparisons('lines', compared)}`);
  terminal.say(`kept in ${await keepResult('curate', { ...circumstances({ spark: SPARK_VERSION }), ...options, compared: keptComparisons(compared) })}`);
}

main().catch((error: unknown) => {
  new Terminal(false).error(error);
  process.exit(1);
});
