/** What a job in the child process is given: its folder, its share of the machine, someone to tell how far it is. */
import { join } from 'node:path';
import type { DuckDBInstance } from '@duckdb/node-api';
import type { JobProgress } from '../engine';
import { Lane } from './lane';

export class JobContext {
  private readonly opened: Lane[] = [];

  constructor(
    /** for files in work; removed when the job is over */
    readonly folder: string,
    readonly threads: number,
    /** bytes, for all lanes together */
    private readonly memory: number,
    readonly progress: (progress: JobProgress) => void,
    /** what the job before left */
    private spare: DuckDBInstance | null = null,
  ) {}

  /** Lanes of one thread each. */
  async openLanes(count: number): Promise<readonly Lane[]> {
    return Promise.all(Array.from({ length: count }, async (_, i) => this.open(`lane-${i}`, 1, this.memory / count)));
  }

  /** One DuckDB with all threads, for questions whose answer has no order. */
  async openWhole(): Promise<Lane> {
    return this.open('whole', this.threads, this.memory);
  }

  interrupt(): void {
    for (const lane of this.opened) lane.interrupt();
  }

  /** Of a job that is done. Answers with a DuckDB for the next one. */
  async close(): Promise<DuckDBInstance | null> {
    const [first, ...others] = this.opened;
    for (const lane of others) lane.close();
    return first === undefined ? this.spare : first.handOver();
  }

  private async open(name: string, threads: number, memory: number): Promise<Lane> {
    const { spare } = this;
    this.spare = null;
    const lane = await Lane.open({ memory, threads, tempFolder: join(this.folder, name) }, spare);
    this.opened.push(lane);
    return lane;
  }
}
