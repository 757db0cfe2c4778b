/**
 * The inner parts of kafkajs 2.2.4 that we use: connections, TLS, SASL, metadata and the state of a transaction are its own;
 * how records are written and read is ours. Its public consumer must join a group to read a range, cannot tell when the range
 * is over where only markers and aborted records are left, and shows aborted records of overlapping transactions; its public
 * producer costs 24 µs a record, and loses a partition whose leader moves between two tries. The version is pinned in
 * package.json; test/publish goes over all of these cases.
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
    isConnected(): boolean;
    disconnect(): Promise<void>;
    refreshMetadata(): Promise<void>;
    addTargetTopic(topic: string): Promise<void>;
    findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number }[];
    findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
    findBroker(node: { readonly nodeId: string }): Promise<Cluster.Broker>;
    findGroupCoordinator(asked: { readonly groupId: string }): Promise<Cluster.Broker>;
    fetchTopicsOffset(topics: readonly Cluster.OffsetsAsked[]): Promise<readonly Cluster.Offsets[]>;
  }

  namespace Cluster {
    interface OffsetsAsked extends Asked {
      readonly fromBeginning: boolean;
    }

    interface Offsets {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }

    interface Request {
      readonly apiKey: number;
      readonly apiVersion: number;
      readonly apiName: string;
      readonly expectResponse?: () => boolean;
      /** what kafkajs calls an encoder: it copies `buffer` */
      readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Copied }>;
    }

    /** All that kafkajs asks of a Buffer that it copies. */
    interface Copied {
      readonly length: number;
      copy(to: Buffer, at: number): number;
    }

    interface Response<Decoded, Parsed> {
      readonly decode: (payload: Buffer) => Promise<Decoded>;
      readonly parse: (decoded: Decoded) => Promise<Parsed>;
    }

    interface Broker {
      readonly connectionPool: {
        send<Decoded, Parsed>(exchange: { readonly request: Request; readonly response: Response<Decoded, Parsed> }): Promise<Parsed>;
      };
      offsetFetch(asked: { readonly groupId: string; readonly topics: readonly Asked[] }): Promise<{ readonly responses: readonly Committed[] }>;
      disconnect(): Promise<void>;
    }

    interface Asked {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number }[];
    }

    /** -1: no offset was committed */
    interface Committed {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string; readonly metadata: string | null }[];
    }
  }

  export = Cluster;
}

declare module 'kafkajs/src/network/socketFactory' {
  import type { ISocketFactory } from 'kafkajs';

  function createSocketFactory(): ISocketFactory;
  export = createSocketFactory;
}

declare module 'kafkajs/src/network/requestQueue' {
  class RequestQueue {
    /** in epoch milliseconds; -1 until a broker has */
    throttledUntil: number;
    scheduleCheckPendingRequests(): void;
  }
  export = RequestQueue;
}

declare module 'kafkajs/src/protocol/error' {
  export function createErrorFromCode(code: number): Error;
}

declare module 'kafkajs/src/producer/eosManager' {
  import type { Logger } from 'kafkajs';
  import type Cluster from 'kafkajs/src/cluster';

  function createEosManager(options: {
    readonly logger: Logger;
    readonly cluster: Cluster;
    readonly transactionTimeout: number;
    readonly transactional: true;
    readonly transactionalId: string;
  }): createEosManager.EosManager;

  namespace createEosManager {
    interface EosManager {
      initProducerId(): Promise<void>;
      getProducerId(): string;
      getProducerEpoch(): number;
      beginTransaction(): void;
      isInTransaction(): boolean;
      addPartitionsToTransaction(topics: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number }[] }[]): Promise<void>;
      sendOffsets(offsets: {
        readonly consumerGroupId: string;
        readonly topics: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number; readonly offset: string; readonly metadata: string }[] }[];
      }): Promise<void>;
      commit(): Promise<void>;
      abort(): Promise<void>;
    }
  }

  export = createEosManager;
}
