/** `sluice proof`: what is known of an hour, store by store. */
import type { Command } from 'commander';
import type { ControlCheck } from '../../contract/control-totals';
import type { LandingHour } from '../../contract/landing-hour';
import { equationOf } from '../../contract/proof';
import type { Stage } from '../../contract/stages';
import { addSums, type Sums, type Total } from '../../contract/sums';
import { openLedger } from '../../stores/ledger';
import { openPostgres } from '../../stores/postgres';
import { shownProof, type ShownProof } from '../../stores/shown-proof';
import { LANDING_HOUR, landingHourOption } from '../options';
import { stackConfiguration } from '../stack/environment';
import { EXIT, table, type Terminal } from '../terminal';

export function addProofCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('proof')
    .description('show the proof of a landing hour, store by store; exit 1 unless it is proven')
    .requiredOption(LANDING_HOUR, 'the hour, UTC, like 2026-11-20T10', landingHourOption)
    .option('--cells', 'every currency and status, not only those that differ')
    .action(async ({ landingHour, cells }: { landingHour: LandingHour; cells?: true }) => {
      const terminal = terminalOf();
      const postgres = openPostgres(await stackConfiguration(), 'reader');
      try {
        const ledger = openLedger(postgres);
        const shown = await shownProof(ledger, landingHour);
        const stages = shown.revision === null ? [] : await ledger.stages({ landingHour, revision: shown.revision });
        terminal.result(shown, () => textOf(shown, stages.map(({ stage }) => stage), cells === true));
        if (shown.state !== 'proven') process.exitCode = EXIT.failed;
      } finally {
        await postgres.close();
      }
    });
}

function textOf(proof: ShownProof, stages: readonly Stage[], allCells: boolean): string {
  const { terms, stores } = proof;
  const revision = proof.revision === null ? '' : `, revision ${proof.revision}`;
  const lines = [`${proof.landingHour}${revision}: ${proof.state.toUpperCase()}`];
  if (proof.firstDifference !== null) lines.push(`first difference: ${proof.firstDifference}`);
  if (proof.revision === null) {
    lines.push(proof.state === 'missing' ? 'No object landed by the deadline.' : 'No run of this hour has landed yet.');
    return lines.join('\n');
  }
  if (!stages.includes('prove')) {
    lines.push(`This revision has no proof yet. Stages that are through: ${stages.join(', ') || 'none'}.`);
    return lines.join('\n');
  }
  lines.push(
    '',
    equationOf(terms),
    `${terms.curated} curated = ${terms.unchanged} unchanged + ${terms.upserted} upserted;  base ${terms.base} + new ${terms.new} − retracted ${terms.retracted} = ${terms.base + terms.new - terms.retracted}`,
    `${terms.published} published = ${terms.upserted} upserted + ${terms.retracted} retracted`,
    ...(proof.control === undefined ? [] : [controlText(proof.control)]),
    `${terms.upserted} upserted = ${terms.won} won + ${terms.updated} updated + ${terms.stale} stale + ${terms.alreadyThere} already there`,
    '',
    storesTable({ lake: stores.lake, 'unchanged + topic': addSums(proof.unchanged, stores.topic), postgres: stores.postgres }, allCells),
  );
  return lines.join('\n');
}

function controlText({ files, lines, compared, notCompared, unreadable, firstDifference }: ControlCheck): string {
  if (firstDifference !== null) return firstDifference;
  const left = notCompared.length === 0 ? '' : `; not the amounts of ${notCompared.join(', ')}: ${unreadable} lines have none that can be read`;
  return `control totals agree: ${files} files, ${lines} lines, amounts of ${compared.join(', ') || 'no currency'}${left}`;
}

/** Rows, hashes and money by store; of the cells those that differ, or all. A cell that differs is marked. */
function storesTable(stores: Readonly<Record<string, Sums>>, allCells: boolean): string {
  const names = Object.keys(stores);
  const lineOf = (title: string, values: readonly string[]): readonly string[] => [values.every((value) => value === values[0]) ? title : `${title} ≠`, ...values];
  const cells = cellsOf(stores, (total) => `${total.currency} ${total.status}`).map(([title, values]) => lineOf(title, values));
  return table(
    [{ title: 'count / minor units' }, ...names.map((title) => ({ title, right: true }))],
    [
      lineOf('rows', names.map((name) => String(stores[name]!.rows))),
      lineOf('Σ row_hash', names.map((name) => stores[name]!.sumRowHash)),
      ...cellsOf(stores, (total) => total.currency).map(([title, values]) => lineOf(title, values)),
      ...cells.filter(([title]) => allCells || title!.endsWith('≠')),
    ],
  );
}

function cellsOf(stores: Readonly<Record<string, Sums>>, keyOf: (total: Total) => string): readonly (readonly [string, readonly string[]])[] {
  const names = Object.keys(stores);
  const cells = new Map<string, Map<string, { count: number; cents: bigint }>>();
  for (const [name, sums] of Object.entries(stores)) {
    for (const total of sums.totals) {
      const row = cells.get(keyOf(total)) ?? new Map<string, { count: number; cents: bigint }>();
      const cell = row.get(name) ?? { count: 0, cents: 0n };
      row.set(name, { count: cell.count + total.count, cents: cell.cents + BigInt(total.amountCents) });
      cells.set(keyOf(total), row);
    }
  }
  return [...cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, row]) => [key, names.map((name) => {
    const cell = row.get(name);
    return cell === undefined ? '–' : `${cell.count} / ${cell.cents}`;
  })]);
}
