/** Reading back ends when the range is over, whatever else the topic holds, and shows what is committed and nothing else. */
import { CommittedReader } from '../../stores/kafka-reader';
import { kafkaConfig } from '../../stores/kafka-connection';
import { HOUR, idsOf, OTHER_HOUR, paymentOf, paymentsOf, TopicUnderTest } from './topic-under-test';

const RUN = { landingHour: HOUR, revision: 1 };

describe('reading a run back', () => {
  let under: TopicUnderTest;

  beforeEach(async () => {
    under = new TopicUnderTest('reading', { SLUICE_KAFKA_PARTITIONS: 2 });
    await under.topic.ensure();
  });
  afterEach(() => under.remove());

  it('leaves out the records of other hours that lie between', async () => {
    const foreign = await under.foreign('another', (transaction) => under.send(transaction, 0, paymentsOf(10, 'x'), { landingHour: OTHER_HOUR, revision: 1 }));
    const published = await under.publish(paymentsOf(4_100));
    await foreign.end('commit');
    const whole = { ...published, ranges: (await under.bounds()).map(({ partition, stable }) => ({ partition, from: '0', to: stable.toString() })) };
    expect(await under.read(whole)).toHaveLength(4_100);
    expect(await under.all(OTHER_HOUR)).toHaveLength(10);
    expect(await under.all()).toHaveLength(4_110);
  });

  it('waits for a transaction of another hour that hides its end', async () => {
    const foreign = await under.foreign('another', async (transaction) => {
      for (const partition of [0, 1]) await under.send(transaction, partition, [paymentOf('open')], { landingHour: OTHER_HOUR, revision: 1 });
    });
    const published = await under.publish(paymentsOf(20));
    let ended = false;
    const ending = new Promise<void>((resolve, reject) => setTimeout(() => {
      ended = true;
      foreign.end('abort').then(resolve, reject);
    }, 1_500));
    expect(await under.read(published)).toHaveLength(20);
    expect(ended).toBe(true);
    await ending;
  });

  it('gives up, and never answers short, where the hidden end does not come', async () => {
    const foreign = await under.foreign('another', (transaction) => under.send(transaction, 0, [paymentOf('open')], { landingHour: OTHER_HOUR, revision: 1 }));
    const reader = await CommittedReader.open(under.kafka, kafkaConfig(under.configuration), under.topic.name);
    const reading = async (): Promise<void> => {
      for await (const records of reader.read([{ partition: 0, from: 0n, to: 1n }], { signal: new AbortController().signal, openTransactionMs: 800 })) expect(records).toEqual([]);
    };
    await expect(reading()).rejects.toMatchObject({ kind: 'transient', message: expect.stringContaining('still open') as string });
    await reader.close();
    await foreign.end('abort');
  });

  it('ends over a range that holds nothing but aborted records and markers', async () => {
    for (const id of ['one', 'two', 'three']) {
      const foreign = await under.foreign(id, (transaction) => under.send(transaction, 0, paymentsOf(7), RUN));
      await foreign.end('abort');
    }
    const bounds = await under.bounds();
    expect(bounds[0]!.stable).toBe(24n);
    const ranges = bounds.map(({ partition, stable }) => ({ partition, from: '0', to: stable.toString() }));
    expect(await under.read({ revision: 1, records: 0, ranges })).toEqual([]);
    expect(await under.all()).toEqual([]);
  });

  it('never shows a record of an aborted transaction, however transactions overlap and wherever reading begins', async () => {
    const send = (id: string, rows: string) => under.foreign(id, (transaction) => under.send(transaction, 0, paymentsOf(3, rows), RUN));
    const open = await Promise.all(['a', 'b', 'c', 'd'].map((id) => under.foreign(id, () => Promise.resolve())));
    expect(open).toHaveLength(4);
    // Interleaved in one partition: a and c abort, b and d commit, and none ends before all have sent twice.
    const rounds: { id: string; how: 'commit' | 'abort' }[] = [{ id: 'a', how: 'abort' }, { id: 'b', how: 'commit' }, { id: 'c', how: 'abort' }, { id: 'd', how: 'commit' }];
    await Promise.all(open.map((one) => one.end('killed')));
    const running = [];
    for (const { id, how } of rounds) running.push({ how, run: await send(id, `${id}-`) });
    for (const { how, run } of running) await run.end(how);
    const [first] = await under.bounds();
    const visible = ['b-0', 'b-1', 'b-2', 'd-0', 'd-1', 'd-2'];
    for (let from = 0n; from <= first!.stable; from += 1n) {
      const read = await under.read({ revision: 1, records: 0, ranges: [{ partition: 0, from: from.toString(), to: first!.stable.toString() }] });
      const expected = visible.filter((_id, i) => from <= BigInt(i < 3 ? 3 + i : 6 + i));
      expect(idsOf(read)).toEqual(expected);
    }
  });

  it('says that the range is past retention, so that the lake is read instead', async () => {
    const published = await under.publish(paymentsOf(20));
    const admin = under.kafka.admin();
    await admin.connect();
    await admin.fetchTopicOffsets(under.topic.name);
    await admin.deleteTopicRecords({ topic: under.topic.name, partitions: published.ranges.map(({ partition, to }) => ({ partition, offset: to })) });
    await admin.disconnect();
    await expect(under.read(published)).rejects.toMatchObject({ kind: 'data', fields: { pastRetention: true } });
  });

  it('stops at once when it is cancelled', async () => {
    await under.publish(paymentsOf(20));
    const stop = new AbortController();
    const follow = async (): Promise<void> => {
      for await (const records of under.topic.tail({ fromBeginning: true, follow: true, signal: stop.signal })) {
        expect(records.length).toBeGreaterThan(0);
        stop.abort();
      }
    };
    await expect(follow()).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('follows the topic live: what is committed later appears', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const follow = (async () => {
      for await (const records of under.topic.tail({ fromBeginning: true, follow: true, signal: stop.signal })) {
        seen.push(...records.map((record) => record.row.payment_id));
        if (seen.length === 2) stop.abort();
      }
    })().catch((error: unknown) => error);
    await under.publish([paymentOf('first')], { revision: 1 });
    await under.publish([paymentOf('second')], { revision: 2, op: 'retract' });
    expect(await follow).toMatchObject({ name: 'AbortError' });
    expect(seen.sort()).toEqual(['first', 'second']);
  });

  it('leaves no consumer group behind', async () => {
    const published = await under.publish(paymentsOf(20));
    await under.read(published);
    const admin = under.kafka.admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    await admin.disconnect();
    // Nor those of the consumers with which other tests look at their topic meanwhile (HourBench.recordsInTopic).
    expect(groups.filter(({ groupId }) => !/^(sluice\.\d{4}-\d\d-\d\dT\d\d|test-[0-9a-f-]{36})$/.test(groupId))).toEqual([]);
  });
});
