/** The differences that a comparison left in the lake, line by line. */
import type { Difference } from '../contract/reconciliation';
import { linesOf } from '../contract/text-lines';
import type { Lake } from '../stores/lake';

export function differencesIn(lake: Lake, key: string, signal: AbortSignal): AsyncGenerator<Difference> {
  return linesIn<Difference>(lake, key, signal);
}

export async function* linesIn<Line>(lake: Lake, key: string, signal: AbortSignal): AsyncGenerator<Line> {
  for await (const line of linesOf(await lake.open({ key }, signal))) yield JSON.parse(line) as Line;
}
