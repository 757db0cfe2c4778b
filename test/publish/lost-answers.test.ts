/** A connection that breaks while records are on their way costs time and nothing else: none is lost, none is there twice. */
import createEosManager from 'kafkajs/src/producer/eosManager';
import type Cluster from 'kafkajs/src/cluster';
import { kafkaConfig } from '../../stores/kafka-connection';
import { followedFrames } from '../../stores/followed-spool';
import { TransactionSender } from '../../stores/kafka-sender';
import { openCluster, produce } from '../../stores/kafka-wire';
import { RecordBatchBuilder } from '../../stores/record-batch';
import { runHeaders } from '../../stores/run-headers';
import { HOUR, paymentsOf, TopicUnderTest } from './topic-under-test';

const ID = 'lost-answers';

describe('records sent', () => {
  let under: TopicUnderTest;
  let cluster: Cluster;
  let transaction: createEosManager.EosManager;

  beforeEach(async () => {
    under = new TopicUnderTest('lost', { SLUICE_KAFKA_PARTITIONS: 2 });
    await under.topic.ensure();
    // Patient, as the sender is and `produce` by itself is not: a broker that is busy may not lead a topic yet that was just made.
    await under.bounds();
    cluster = await openCluster(under.kafka, kafkaConfig(under.configuration), under.topic.name);
    transaction = createEosManager({ logger: under.kafka.logger(), cluster, transactionTimeout: 60_000, transactional: true, transactionalId: ID });
    await transaction.initProducerId();
    transaction.beginTransaction();
  });
  afterEach(async () => {
    await cluster.disconnect();
    await under.remove();
  });

  const leader = (): Promise<Cluster.Broker> => cluster.findBroker({ nodeId: Object.keys(cluster.findLeaderForPartitions(under.topic.name, [0]))[0]! });

  it('again after their answer was lost are stored once, at the same offset', async () => {
    const builder = new RecordBatchBuilder();
    const headers = runHeaders(HOUR, 1, 'json/1').upsert;
    for (const row of paymentsOf(10)) builder.add(Buffer.from(row.payment_id), Buffer.from('{}'), headers);
    const batch = builder.finish({ producerId: BigInt(transaction.getProducerId()), producerEpoch: transaction.getProducerEpoch(), firstSequence: 0 }, 0n);
    await transaction.addPartitionsToTransaction([{ topic: under.topic.name, partitions: [{ partition: 0 }] }]);
    const first = await produce(await leader(), ID, under.topic.name, new Map([[0, batch]]));
    const again = await produce(await leader(), ID, under.topic.name, new Map([[0, batch]]));
    expect(again).toEqual(first);
    await transaction.commit();
    // Returns when the markers are written.
    await transaction.initProducerId();
    // Ten records and the marker.
    expect((await under.bounds())[0]!.stable).toBe(11n);
  });

  it('over connections that keep breaking all arrive, each once', async () => {
    const rows = paymentsOf(40_000);
    const job = await under.job(rows);
    const sender = new TransactionSender(cluster, transaction, ID, under.topic.name, job.signal);
    let broken = 0;
    const breaking: Promise<void>[] = [];
    await sender.send(followedFrames(job.spool, Promise.resolve(), job.signal), runHeaders(HOUR, 1, 'json/1'), (sent) => {
      broken += 1;
      if (broken % 4 === 0 && sent < 30_000) breaking.push(leader().then((broker) => broker.disconnect()));
    });
    await Promise.all(breaking);
    expect(breaking.length).toBeGreaterThan(2);
    await transaction.commit();
    // Returns when the markers are written.
    await transaction.initProducerId();
    const all = await under.all(HOUR);
    expect(all).toHaveLength(40_000);
    expect(new Set(all.map((record) => record.row.payment_id)).size).toBe(40_000);
    expect(sender.records).toBe(40_000);
  });
});
