/**
 * saveReceipt: writes what was done for a person into the lake and the ledger, under the keyed hash alone, and only then forgets which
 * hours were open. Killed in between, the next attempt writes the same receipt; an incomplete one leaves the hours open for the next.
 */
import type { Configuration } from '../contract/configuration';
import { addAmounts, type Amount, type ErasedHour, type ErasureReceipt, type EraseResult, type SaveReceiptInput } from '../contract/erasure';
import { receiptKey } from '../contract/lake-layout';
import type { LandingHour } from '../contract/landing-hour';
import { erasedObject, neededFile, openMarks, type OpenMark } from '../stores/erasures';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { withHeartbeat } from './heartbeat';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface SaveReceiptParts {
  readonly lake: Lake;
  readonly ledger: Pick<Ledger, 'hour' | 'saveErasure'>;
  readonly configuration: Pick<Configuration, 'SLUICE_KAFKA_RETENTION_HOURS' | 'SLUICE_BACKUP_RETENTION_DAYS' | 'SLUICE_KAFKA_TOPIC'>;
}

export function createSaveReceipt({ lake, ledger, configuration }: SaveReceiptParts) {
  return async function saveReceipt(input: SaveReceiptInput): Promise<EraseResult> {
    return withHeartbeat(async () => {
      // A former attempt may have written it and died while it was forgetting.
      const written = await lake.readText(receiptKey(input.receiptId));
      const marks = await openMarks(lake, input.token);
      const receipt = written === null ? await receiptOf({ lake, ledger, configuration }, input, marks) : JSON.parse(written.text) as ErasureReceipt;
      await lake.put(receiptKey(receipt.receiptId), JSON.stringify(receipt, null, 2));
      await ledger.saveErasure(receipt);
      if (receipt.state === 'complete') await lake.remove(marks.map(({ key }) => key));
      return {
        receiptId: receipt.receiptId, state: receipt.state, nothingFound: receipt.nothingFound, lines: receipt.stores.raw.lines,
        hours: receipt.hours.length, left: receipt.left,
      };
    });
  };
}

async function receiptOf({ lake, ledger, configuration }: SaveReceiptParts, input: SaveReceiptInput, marks: readonly OpenMark[]): Promise<ErasureReceipt> {
  const hours = new Map<LandingHour, ErasedHour>();
  let lines = 0;
  let amounts: readonly Amount[] = [];
  for (const mark of marks) {
    const { landingHour, id } = mark;
    const known = hours.get(landingHour) ?? await standing(ledger, landingHour);
    const needed = await neededFile(lake, mark);
    if (needed !== null) {
      hours.set(landingHour, { ...known, rows: (known.rows ?? 0) + needed.rows });
      continue;
    }
    const record = await erasedObject(lake, landingHour, id);
    // Without an ETag the object was never written: a producer was first.
    const own = record === null || record.etag === null || record.own.token !== input.token ? null : record.own;
    hours.set(landingHour, own === null ? known : { ...known, objects: known.objects + 1, lines: known.lines + own.lines });
    lines += own?.lines ?? 0;
    amounts = addAmounts(amounts, own?.amounts ?? []);
  }
  const { raw, deadLetters, curated, postgres } = input;
  return {
    receiptId: input.receiptId,
    token: input.token,
    by: input.by,
    startedAt: input.startedAt,
    finishedAt: new Date().toISOString(),
    state: input.left.length === 0 ? 'complete' : 'incomplete',
    suppressedSince: input.since,
    nothingFound: lines + raw.found + deadLetters.found + curated.found + postgres.samples + postgres.rows === 0 && hours.size === 0,
    stores: { raw: { ...raw, lines, amounts }, deadLetters, curated, postgres },
    mentions: input.mentions,
    hours: [...hours.values()],
    left: input.left,
    topicGoneBy: later(input.lastRetractAt, configuration.SLUICE_KAFKA_RETENTION_HOURS * HOUR_MS),
    backupsGoneBy: later(new Date().toISOString(), configuration.SLUICE_BACKUP_RETENTION_DAYS * DAY_MS),
    notes: [
      `The topic ${configuration.SLUICE_KAFKA_TOPIC} keeps records, the retractions included, for its retention: they are gone by topicGoneBy.`,
      'Backups are gone by backupsGoneBy. After a restore of Postgres from one, these hours are run again with --publish all; after one of the lake, erasures/ must stay the newest there is.',
      'Lines of theirs that land from now on are counted as erased and go nowhere; they stay in the raw object until the erasure is run again.',
    ],
  };
}

async function standing(ledger: SaveReceiptParts['ledger'], landingHour: LandingHour): Promise<ErasedHour> {
  const hour = await ledger.hour(landingHour);
  return { landingHour, revision: hour?.loadedRevision ?? null, state: hour?.state ?? 'never run', objects: 0, lines: 0 };
}

function later(instant: string, ms: number): string {
  return new Date(new Date(instant).getTime() + ms).toISOString();
}
