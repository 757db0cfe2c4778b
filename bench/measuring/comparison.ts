/** Sides that did the same, side by side: medians, ratios, processor time, memory; for people and for bench/results. */
import { table } from '../../scripts/terminal';
import { median } from './alternating';
import { mebibytes, rounded } from './results';
import type { Taken } from './taken';

/** The side that the others are held against. */
export const OURS = 'sluice';

export interface Comparison {
  readonly what: string;
  /** how many of its units each side did: rows, lines, hours */
  readonly units: number;
  readonly sides: ReadonlyMap<string, readonly Taken[]>;
}

/** × is their seconds by ours: 5.00 says that ours takes a fifth of theirs, 0.40 that it takes two and a half times as long. */
export function renderedComparisons(unit: string, comparisons: readonly Comparison[]): string {
  const titles = ['runs', 'seconds, median', 'least', 'most', `${unit}/s`, 'ours is ×', 'processor s', 'peak MiB'];
  return table(
    [{ title: 'what' }, { title: 'side' }, ...titles.map((title) => ({ title, right: true })), { title: 'processor s, by part' }],
    comparisons.flatMap(({ what, units, sides }) => {
      const ours = sides.get(OURS);
      return [...sides].map(([side, runs], i) => {
        const seconds = runs.map((run) => run.seconds);
        const parts = medianOfParts(runs);
        return [
          i === 0 ? what : '', side, String(runs.length), median(seconds).toFixed(2), Math.min(...seconds).toFixed(2), Math.max(...seconds).toFixed(2),
          rateText(units / median(seconds)),
          side === OURS || ours === undefined ? '' : (median(seconds) / median(ours.map((run) => run.seconds))).toFixed(2),
          Object.values(parts).reduce((sum, part) => sum + part, 0).toFixed(1), memoryText(runs),
          Object.entries(parts).map(([part, used]) => `${part} ${used.toFixed(1)}`).join(', '),
        ];
      });
    }),
  );
}

/** Every run, so that medians can be taken anew. */
export function keptComparisons(comparisons: readonly Comparison[]): readonly object[] {
  return comparisons.map(({ what, units, sides }) => ({
    what, units,
    sides: Object.fromEntries([...sides].map(([side, runs]) => [side, runs.map(({ seconds, processorSeconds, memory }) => ({
      seconds: rounded(seconds, 3),
      processorSeconds: Object.fromEntries(Object.entries(processorSeconds).map(([part, used]) => [part, rounded(used)])),
      memoryMiB: memory === null ? null : mebibytes(memory),
    }))])),
  }));
}

function medianOfParts(runs: readonly Taken[]): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.keys(runs[0]?.processorSeconds ?? {}).map((part) => [part, median(runs.map((run) => run.processorSeconds[part] ?? 0))]));
}

function rateText(rate: number): string {
  return rate < 10 ? rate.toFixed(2) : Math.round(rate).toLocaleString('en-US');
}

function memoryText(runs: readonly Taken[]): string {
  const peaks = runs.flatMap(({ memory }) => (memory === null ? [] : [memory]));
  return peaks.length === 0 ? '' : String(mebibytes(Math.max(...peaks)));
}
