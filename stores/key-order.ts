/**
 * Puts the records of a run that come partition by partition into the order of their keys, in which publish sends them. Only an order: what
 * does not come sorted (an older run, retractions behind upserts) goes through all the same, and no more than so many bytes wait.
 */
import type { CommittedRecord } from './kafka-reader';

/** Of records; a third of it waits where all partitions come as they should. */
const MOST_WAITING_BYTES = 48 * 1024 * 1024;

class Queue {
  private records: readonly CommittedRecord[] = [];
  private at = 0;
  private behind: (readonly CommittedRecord[])[] = [];
  /** the next record; null: none is here */
  head: CommittedRecord | null = null;
  over = false;

  push(records: readonly CommittedRecord[]): void {
    this.behind.push(records);
    if (this.head === null) this.look();
  }

  take(): CommittedRecord {
    const record = this.head!;
    this.at += 1;
    this.look();
    return record;
  }

  private look(): void {
    while (this.at >= this.records.length) {
      const next = this.behind.shift();
      this.records = next ?? [];
      this.at = 0;
      if (next !== undefined) continue;
      this.head = null;
      return;
    }
    this.head = this.records[this.at]!;
  }
}

export class KeyOrder {
  private readonly queues: ReadonlyMap<number, Queue>;
  /** those with a record, by their heads' keys, the first last: it is where queues come and go */
  private readonly sorted: Queue[] = [];
  /** those from which a record may still come and none is here */
  private empty: number;
  private waitingBytes = 0;

  constructor(partitions: readonly number[], private readonly mostWaitingBytes = MOST_WAITING_BYTES) {
    this.queues = new Map(partitions.map((partition) => [partition, new Queue()]));
    this.empty = this.queues.size;
  }

  /** Records of one partition, in its order; `over`: it has no more. Answers with those whose turn it is. */
  push(partition: number, records: readonly CommittedRecord[], over: boolean): readonly CommittedRecord[] {
    const queue = this.queues.get(partition)!;
    const was = queue.head;
    queue.push(records);
    for (const { size } of records) this.waitingBytes += size;
    if (was === null && queue.head !== null) {
      this.place(queue);
      if (!queue.over) this.empty -= 1;
    } else if (was === null && over && !queue.over) {
      this.empty -= 1;
    }
    queue.over ||= over;
    return this.taken(() => this.empty === 0 || this.waitingBytes > this.mostWaitingBytes);
  }

  rest(): readonly CommittedRecord[] {
    return this.taken(() => true);
  }

  private taken(mayGo: () => boolean): readonly CommittedRecord[] {
    const records: CommittedRecord[] = [];
    while (this.sorted.length > 0 && mayGo()) {
      const queue = this.sorted.pop()!;
      const record = queue.take();
      records.push(record);
      this.waitingBytes -= record.size;
      if (queue.head !== null) this.place(queue);
      else if (!queue.over) this.empty += 1;
    }
    return records;
  }

  private place(queue: Queue): void {
    const { sorted } = this;
    const head = queue.head!;
    let at = sorted.length;
    sorted.push(queue);
    for (; at > 0 && sorted[at - 1]!.head!.compareKey(head) < 0; at -= 1) sorted[at] = sorted[at - 1]!;
    sorted[at] = queue;
  }
}
