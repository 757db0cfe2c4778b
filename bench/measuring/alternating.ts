/** Sides of a comparison in turn, so that a slow minute of the machine does not fall on one of them alone. */

/** Every second run goes backwards: whoever comes last in one comes first in the next. */
export async function alternating<Side extends string, T>(
  sides: readonly Side[], runs: number, take: (side: Side, run: number) => Promise<T>,
): Promise<ReadonlyMap<Side, readonly T[]>> {
  const taken = new Map<Side, T[]>(sides.map((side) => [side, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const side of run % 2 === 0 ? sides : [...sides].reverse()) taken.get(side)!.push(await take(side, run));
  }
  return taken;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
