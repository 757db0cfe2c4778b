/** A run is one transaction: seen whole or not at all, once, however often the attempt is killed and tried again. */
import { hourGroup } from '../../stores/published-offset';
import { HOUR, idsOf, OTHER_HOUR, paymentsOf, TopicUnderTest } from './topic-under-test';

describe('a run on the topic', () => {
  let under: TopicUnderTest;

  beforeEach(async () => {
    under = new TopicUnderTest('transaction');
    await under.topic.ensure();
  });
  afterEach(() => under.remove());

  it('holds each key once, and its ranges give back exactly what was sent', async () => {
    const rows = paymentsOf(5_000);
    const published = await under.publish(rows);
    expect(published.records).toBe(5_000);
    const read = await under.read(published);
    expect(idsOf(read)).toEqual(rows.map((row) => row.payment_id).sort());
    expect(await under.all()).toHaveLength(5_000);
  });

  it('is not seen before it commits, and then whole', async () => {
    const rows = paymentsOf(20_000);
    const seenOnTheWay: number[] = [];
    const looks: Promise<void>[] = [];
    const published = await under.publish(rows, {
      progress: () => { looks.push(under.all().then((all) => { seenOnTheWay.push(all.length); })); },
    });
    await Promise.all(looks);
    expect(looks.length).toBeGreaterThanOrEqual(3);
    for (const seen of seenOnTheWay) expect([0, 20_000]).toContain(seen);
    expect(await under.read(published)).toHaveLength(20_000);
  });

  it('killed after Kafka’s commit and before its answer, the retry finds it published and sends nothing', async () => {
    const rows = paymentsOf(300);
    const first = await under.publish(rows);
    const before = await under.bounds();

    const fence = await under.topic.fence(HOUR);
    expect(fence.published).toEqual(first);
    expect(await fence.publish(await under.job(rows))).toEqual(first);
    await fence.close();

    expect(await under.bounds()).toEqual(before);
    expect(await under.all()).toHaveLength(300);
  });

  it('killed in the middle of the transaction, the retry publishes it once', async () => {
    const rows = paymentsOf(50);
    const killed = await under.foreign(hourGroup(HOUR), (transaction) => under.send(transaction, 0, rows, { landingHour: HOUR, revision: 1 }));
    await killed.end('killed');
    const published = await under.publish(rows);
    expect(idsOf(await under.read(published))).toEqual(rows.map((row) => row.payment_id).sort());
    expect(await under.all()).toHaveLength(50);
  });

  it('cancelled in the middle, leaves nothing to be seen and nothing open', async () => {
    const stop = new AbortController();
    await expect(under.publish(paymentsOf(20_000), { signal: stop.signal, progress: (sent) => { if (sent > 0) stop.abort(); } })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await under.all()).toEqual([]);
    expect(await under.topic.fencedRevision(HOUR)).toBeNull();
    // Nothing open: another hour's records are stable at once.
    await under.publish(paymentsOf(3), { landingHour: OTHER_HOUR });
    expect(await under.all()).toHaveLength(3);
  });

  it('of two attempts at once, the fenced one changes nothing', async () => {
    const rows = paymentsOf(5_000);
    const old = await under.topic.fence(HOUR);
    const current = await under.topic.fence(HOUR);
    await expect(old.publish(await under.job(rows))).rejects.toMatchObject({ kind: 'fenced' });
    const published = await current.publish(await under.job(rows));
    await Promise.all([old.close(), current.close()]);
    await under.committed();
    expect(await under.all()).toHaveLength(5_000);
    expect(await under.read(published)).toHaveLength(5_000);
  });

  it('an attempt that is fenced while it sends changes nothing, and says that another took over', async () => {
    const rows = paymentsOf(20_000);
    let taking: Promise<unknown> | undefined;
    const old = await under.topic.fence(HOUR);
    const job = await under.job(rows, { progress: (sent) => { if (sent > 0) taking ??= under.topic.fencedRevision(HOUR); } });
    const result = await old.publish(job).then(() => 'published', (error: unknown) => error);
    const revision = await taking;
    await old.close();
    // Whichever was first, both sides tell the same story.
    await under.committed();
    if (result === 'published') {
      expect(revision === 1 || revision === null).toBe(true);
      expect(await under.all()).toHaveLength(20_000);
    } else {
      expect(result).toMatchObject({ kind: 'fenced', message: expect.stringContaining('Another attempt took the hour over') as string });
      expect(revision).toBeNull();
      expect(await under.all()).toEqual([]);
    }
  });

  it('of a revision that changes nothing still leaves its mark', async () => {
    const published = await under.publish([]);
    expect(published).toEqual({ revision: 1, records: 0, ranges: [] });
    expect(await under.topic.fencedRevision(HOUR)).toBe(1);
    expect(await under.read(published)).toEqual([]);
  });

  it('of an older revision is refused once a newer one is published', async () => {
    await under.publish(paymentsOf(2), { revision: 3 });
    await expect(under.publish(paymentsOf(9), { revision: 2 })).rejects.toMatchObject({ kind: 'fenced', fields: { published: 3 } });
    expect(await under.all()).toHaveLength(2);
  });

  it('that is too large for one transaction is refused by the name of the setting', async () => {
    const small = new TopicUnderTest('small', { SLUICE_KAFKA_TRANSACTION_RECORDS: 10 });
    await small.topic.ensure();
    await expect(small.publish(paymentsOf(11))).rejects.toMatchObject({
      kind: 'configuration', message: expect.stringContaining('SLUICE_KAFKA_TRANSACTION_RECORDS') as string,
    });
    expect(await small.all()).toEqual([]);
    await small.remove();
  });

  it('whose spool is not what the difference counted is not published', async () => {
    await expect(under.publish(paymentsOf(10), { records: 12 })).rejects.toMatchObject({ kind: 'data' });
    expect(await under.all()).toEqual([]);
  });

  it('that outlasts the transaction time-out is aborted by the broker and says which setting to raise', async () => {
    const hasty = new TopicUnderTest('hasty', { SLUICE_KAFKA_TRANSACTION_SECONDS: 1 });
    await hasty.topic.ensure();
    const fence = await hasty.topic.fence(HOUR);
    let blocked = false;
    const slow = await hasty.job(paymentsOf(20_000), {
      progress: (sent) => {
        if (sent === 0) return;
        // The broker looks for overdue transactions every ten seconds.
        if (!blocked) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 12_000);
        blocked = true;
      },
    });
    await expect(fence.publish(slow)).rejects.toMatchObject({
      kind: 'configuration', message: expect.stringContaining('SLUICE_KAFKA_TRANSACTION_SECONDS') as string,
    });
    await fence.close();
    expect(await hasty.all()).toEqual([]);
    await hasty.remove();
  });
});
