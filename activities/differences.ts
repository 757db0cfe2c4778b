/** The differences of a store and hour: counted here, written to the lake. A second attempt writes the same objects again. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { moneyText } from '../contract/amount-text';
import { differencesKey } from '../contract/lake-layout';
import type { LandingHour } from '../contract/landing-hour';
import type { Cause, CauseCounts, CompareInput, Difference, HourDifference, ReconciledStore } from '../contract/reconciliation';
import type { Lake } from '../stores/lake';

export interface ComparedHour {
  readonly store: ReconciledStore;
  readonly landingHour: LandingHour;
  readonly revision: number;
}

/** Of one activity's store; each hour is written by itself. */
export class Differences {
  constructor(private readonly lake: Lake, private readonly input: CompareInput, private readonly folder: string) {}

  /** Null where there is none. `differences` come sorted by bucket and key. */
  async write(hour: ComparedHour, differences: AsyncIterable<Difference> | Iterable<Difference>): Promise<HourDifference | null> {
    const key = keyOf(this.input, hour);
    const tally = new Tally();
    const path = join(this.folder, `${hour.store}-${hour.landingHour}.ndjson`);
    await mkdir(this.folder, { recursive: true });
    const out = createWriteStream(path);
    for await (const difference of differences) {
      tally.add(difference);
      if (!out.write(`${JSON.stringify(difference)}\n`)) await once(out, 'drain');
    }
    out.end();
    await once(out, 'close');
    try {
      if (tally.first === null) {
        // Of an attempt that saw another moment.
        await this.lake.remove([key]);
        return null;
      }
      await this.lake.putFile(key, path);
      return { ...hour, causes: tally.causes, rows: tally.rows, money: tally.money, differencesKey: key, first: sentence(hour, tally.first) };
    } finally {
      await rm(path, { force: true });
    }
  }
}

export function keyOf({ date, reconciliationId, round }: CompareInput, { store, landingHour }: Pick<ComparedHour, 'store' | 'landingHour'>): string {
  return differencesKey({ date, reconciliationId, round: round ?? 1, store, landingHour });
}

class Tally {
  first: Difference | null = null;
  rows = 0;
  private readonly counts = new Map<Cause, number>();
  private readonly cents = new Map<string, bigint>();

  get causes(): CauseCounts {
    return Object.fromEntries(this.counts) as CauseCounts;
  }

  get money(): HourDifference['money'] {
    return [...this.cents].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, cents]) => ({ currency, amountCents: cents.toString() }));
  }

  add(difference: Difference): void {
    const { cause, expected, found } = difference;
    this.first ??= difference;
    this.rows += 1;
    this.counts.set(cause, (this.counts.get(cause) ?? 0) + 1);
    // One too many of a right row counts whole: it is there twice.
    if (expected !== null && found !== null && cause !== 'duplicate' && expected.currency === found.currency) {
      this.count(expected.currency, BigInt(found.amountCents) - BigInt(expected.amountCents));
      return;
    }
    if (expected !== null && cause !== 'duplicate') this.count(expected.currency, BigInt(expected.amountCents));
    if (found !== null) this.count(found.currency, BigInt(found.amountCents));
  }

  private count(currency: string, cents: bigint): void {
    this.cents.set(currency, (this.cents.get(currency) ?? 0n) + (cents < 0n ? -cents : cents));
  }
}

const SENTENCES: Readonly<Record<Cause, string>> = {
  missing: 'a payment that was proven is missing',
  extra: 'there is a payment that was never proven',
  stale: 'a payment is there in an older version',
  mutated: 'a payment is not what was proven',
  duplicate: 'a payment is there more than once',
};

/** Without the key: it does not pass through Temporal. */
function sentence({ store, landingHour }: ComparedHour, { cause, expected, found }: Difference): string {
  const amounts = expected !== null && found !== null && expected.amountCents !== found.amountCents
    ? `: ${moneyText(found.amountCents, found.currency)} in place of ${moneyText(expected.amountCents, expected.currency)}` : '';
  return `${store}, ${landingHour}: ${SENTENCES[cause]}${amounts}`;
}
