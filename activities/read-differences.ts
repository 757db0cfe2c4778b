/** The differences that a comparison left in the lake, line by line. */
import { createInterface } from 'node:readline';
import type { Difference } from '../contract/reconciliation';
import type { Lake } from '../stores/lake';

export function differencesIn(lake: Lake, key: string, signal: AbortSignal): AsyncGenerator<Difference> {
  return linesIn<Difference>(lake, key, signal);
}

export async function* linesIn<Line>(lake: Lake, key: string, signal: AbortSignal): AsyncGenerator<Line> {
  const body = await lake.open({ key }, signal);
  try {
    for await (const line of createInterface({ input: body, crlfDelay: Infinity })) {
      if (line !== '') yield JSON.parse(line) as Line;
    }
  } finally {
    body.destroy();
  }
}
