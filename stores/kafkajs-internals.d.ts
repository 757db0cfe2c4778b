/**
 * The inner parts of kafkajs 2.2.4 that we use. Its public consumer must join a group to read a range, cannot tell when the
 * range is over where only markers and aborted records are left, and lets aborted records of overlapping transactions
 * through. The version is pinned in package.json; test/publish reads over all of these cases.
 */
declare module 'kafkajs/src/cluster' {
  import type { ISocketFactory, KafkaConfig, Logger } from 'kafkajs';

  class Cluster {
    constructor(options: KafkaConfig & {
      readonly logger: Logger;
      readonly socketFactory: ISocketFactory;
      readonly metadataMaxAge: number;
      readonly allowAutoTopicCreation: boolean;
      readonly isolationLevel: 0 | 1;
    });
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    refreshMetadata(): Promise<void>;
    addTargetTopic(topic: string): Promise<void>;
    findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number }[];
    findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
    findBroker(node: { readonly nodeId: string }): Promise<Cluster.Broker>;
    fetchTopicsOffset(topics: readonly Cluster.OffsetsAsked[]): Promise<readonly Cluster.Offsets[]>;
  }

  namespace Cluster {
    interface OffsetsAsked {
      readonly topic: string;
      readonly fromBeginning: boolean;
      readonly partitions: readonly { readonly partition: number }[];
    }

    interface Offsets {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }

    interface BatchContext {
      readonly firstOffset: string;
      readonly lastOffsetDelta: number;
      readonly producerId: string;
      readonly inTransaction: boolean;
      readonly isControlBatch: boolean;
    }

    interface FetchedMessage {
      readonly offset: string;
      readonly timestamp: string;
      readonly key: Buffer | null;
      readonly value: Buffer | null;
      readonly headers: Readonly<Record<string, Buffer | undefined>>;
      /** one object for all messages of a batch */
      readonly batchContext: BatchContext;
    }

    interface FetchedPartition {
      readonly partition: number;
      readonly highWatermark: string;
      readonly lastStableOffset: string;
      readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
      readonly messages: readonly FetchedMessage[];
    }

    interface FetchRequest {
      readonly replicaId: -1;
      readonly isolationLevel: 0 | 1;
      readonly maxWaitTime: number;
      readonly minBytes: number;
      readonly maxBytes: number;
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string; readonly maxBytes: number }[];
      }[];
    }

    interface Broker {
      fetch(request: FetchRequest): Promise<{ readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] }>;
    }
  }

  export = Cluster;
}

declare module 'kafkajs/src/network/socketFactory' {
  import type { ISocketFactory } from 'kafkajs';

  function createSocketFactory(): ISocketFactory;
  export = createSocketFactory;
}
