/** A run is sent while its difference is still being taken: what nobody knows the end of is not committed, and what fails leaves nothing. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCurated } from '../../contract/curated-record';
import { SluiceError } from '../../contract/errors';
import type { CuratedPayment } from '../../contract/payment';
import { encodeFrame } from '../../contract/record-frame';
import type { HourFence } from '../../stores/kafka-transaction';
import type { PublishedOffset } from '../../stores/published-offset';
import { hasOpenTransaction } from '../support/open-transactions';
import { until } from '../support/until';
import { HOUR, idsOf, OTHER_HOUR, paymentsOf, TopicUnderTest } from './topic-under-test';

const ROWS = paymentsOf(20_000);
const FIRST = ROWS.slice(0, 15_000);
const REST = ROWS.slice(15_000);

function framesOf(rows: readonly CuratedPayment[]): Buffer {
  return Buffer.concat(rows.map((row) => encodeFrame({ op: 'upsert', key: Buffer.from(row.payment_id), value: encodeCurated('json', row) })));
}

/** A spool and its sending, both at the test's pace. */
class Growing {
  readonly spool: string;
  readonly stop = new AbortController();
  sent = 0;
  whole!: (records: number) => void;
  fail!: (error: Error) => void;
  private readonly folder = mkdtempSync(join(tmpdir(), 'sluice-test-growing-'));

  constructor() {
    this.spool = join(this.folder, 'spool');
    writeFileSync(this.spool, '');
  }

  write(bytes: Buffer): void {
    appendFileSync(this.spool, bytes);
  }

  publish(fence: HourFence): Promise<PublishedOffset> {
    const records = new Promise<number>((resolve, reject) => {
      this.whole = resolve;
      this.fail = reject;
    });
    return fence.publish({
      revision: 1, spool: this.spool, records, schema: 'json/1', signal: this.stop.signal, progress: (sent) => { this.sent = sent; },
    });
  }

  untilSome(): Promise<void> {
    return until('the first records are sent', () => this.sent > 0);
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}

describe('a run whose spool is still written', () => {
  let under: TopicUnderTest;
  let growing: Growing;
  let fence: HourFence;

  beforeEach(async () => {
    under = new TopicUnderTest('growing', { SLUICE_KAFKA_TRANSACTION_RECORDS: 20_000 });
    await under.topic.ensure();
    growing = new Growing();
    fence = await under.topic.fence(HOUR);
  });
  afterEach(async () => {
    await fence.close();
    growing.close();
    await under.remove();
  });

  const isOpen = (): Promise<boolean> => hasOpenTransaction(under.configuration, under.topic);

  /** Whether anything is open shows in what another hour publishes: it would not be stable. */
  const nothingIsLeft = async (): Promise<void> => {
    expect(await under.all()).toEqual([]);
    await under.publish(paymentsOf(3), { landingHour: OTHER_HOUR });
    expect(await under.all()).toHaveLength(3);
    expect(await under.topic.fencedRevision(HOUR)).toBeNull();
  };

  it('is on its way before the spool is whole, and seen when it is', async () => {
    const publishing = growing.publish(fence);
    const bytes = framesOf(FIRST);
    // A frame of which the end is not there yet.
    growing.write(bytes.subarray(0, bytes.length - 7));
    await growing.untilSome();
    expect(await under.all()).toEqual([]);
    growing.write(Buffer.concat([bytes.subarray(bytes.length - 7), framesOf(REST)]));
    growing.whole(ROWS.length);
    const published = await publishing;
    await under.committed();
    expect(published.records).toBe(ROWS.length);
    expect(idsOf(await under.read(published))).toEqual(ROWS.map((row) => row.payment_id).sort());
    expect(await under.all()).toHaveLength(ROWS.length);
  });

  it('is not published where the difference fails midway, and the error is the difference’s; tried again it is published once', async () => {
    const publishing = growing.publish(fence);
    growing.write(framesOf(FIRST));
    await growing.untilSome();
    const error = new SluiceError({ kind: 'data', what: 'a file of the base cannot be read' });
    growing.fail(error);
    await expect(publishing).rejects.toBe(error);
    await nothingIsLeft();
    const published = await under.publish(ROWS);
    expect(await under.read(published)).toHaveLength(ROWS.length);
    expect(await under.all(HOUR)).toHaveLength(ROWS.length);
  });

  it('is not published where the difference counted others than are in the spool', async () => {
    const publishing = growing.publish(fence);
    growing.write(framesOf(FIRST));
    await growing.untilSome();
    growing.whole(FIRST.length + 1);
    await expect(publishing).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining(`${FIRST.length} records and the difference has ${FIRST.length + 1}`) as string });
    await nothingIsLeft();
  });

  it('that ends in the middle of a record is not published', async () => {
    const publishing = growing.publish(fence);
    growing.write(framesOf(FIRST).subarray(0, -1));
    growing.whole(FIRST.length);
    await expect(publishing).rejects.toThrow('the spool ends in the middle of a record');
    await nothingIsLeft();
  });

  it('that turns out too large when much of it is sent is refused, by the name of the setting and by how many there are', async () => {
    const publishing = growing.publish(fence);
    growing.write(framesOf(ROWS));
    await until('it is open', isOpen);
    growing.write(framesOf(paymentsOf(1, 'more')));
    // Given up before anybody knows how large it will be.
    await until('nothing is open', async () => !await isOpen());
    growing.write(framesOf(paymentsOf(4, 'late')));
    growing.whole(20_005);
    await expect(publishing).rejects.toMatchObject({
      kind: 'configuration', message: expect.stringContaining('the run has 20005 records and SLUICE_KAFKA_TRANSACTION_RECORDS allows 20000') as string,
    });
    await nothingIsLeft();
  });

  it('cancelled while it waits for the difference, leaves nothing', async () => {
    const publishing = growing.publish(fence);
    growing.write(framesOf(FIRST));
    await growing.untilSome();
    growing.stop.abort();
    await expect(publishing).rejects.toMatchObject({ name: 'AbortError' });
    await nothingIsLeft();
  });

  it('killed while it waits for the difference, the retry publishes it once', async () => {
    const publishing = growing.publish(fence);
    growing.write(framesOf(FIRST));
    await growing.untilSome();
    const published = await under.publish(ROWS);
    // The killed one's process goes on here: what it would still do is refused.
    growing.write(framesOf(REST));
    growing.whole(ROWS.length);
    await expect(publishing).rejects.toMatchObject({ kind: 'fenced' });
    expect(await under.read(published)).toHaveLength(ROWS.length);
    expect(await under.all()).toHaveLength(ROWS.length);
  });

  it('that another attempt has published sends nothing, and waits for no difference', async () => {
    const first = await under.publish(ROWS);
    await fence.close();
    fence = await under.topic.fence(HOUR);
    const before = await under.bounds();
    growing.write(framesOf(FIRST));
    expect(await growing.publish(fence)).toEqual(first);
    expect(await under.bounds()).toEqual(before);
  });
});
