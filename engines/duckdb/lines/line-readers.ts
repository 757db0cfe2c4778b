/** Whoever reads an hour's lines: one reader in this thread, or one in each of several threads, which take the batches in turn. */
import { Worker } from 'node:worker_threads';
import { builtModule } from '../built-module';
import { writeCurated, type TextsToWrite, type WrittenFiles } from '../parquet/curated-files';
import { CompiledTexts } from './compiled-texts';
import { copyContested } from './contested-texts';
import { LineReader, type BatchReading, type BatchToRead, type PartReading, type PartToRead, type ReaderSetup, type ReadFiles } from './line-reader';
import { findTwice } from './payment-marks';
import type { ThreadAnswer, ThreadRequest } from './reader-thread';

/** Large enough that handing it over costs nothing, small enough that no thread waits long for its first. */
const BATCH_BYTES = 2 * 1024 * 1024;
/** One is read while the next one waits. */
const BATCHES_A_READER = 2;

export interface LineReaders {
  /** batches that may be under way */
  readonly atOnce: number;
  /** To fill a batch with. */
  bytes(): Buffer;
  /** Those of a batch that is not read after all. */
  giveBack(bytes: Buffer): void;
  /** The batch's bytes are the reader's from here on. What two batches give does not depend on which is done first. */
  read(batch: BatchToRead): Promise<BatchReading>;
  /** Of a file that stays as it is. */
  readPart(part: PartToRead): Promise<PartReading>;
  /** Of what comes from batches that depend on the object, which are all done, nothing stays. */
  giveUp(object: number): Promise<void>;
  /** What each reader has written. */
  close(): Promise<readonly ReadFiles[]>;
  /** As in payment-marks.ts. */
  findTwice(files: readonly string[], out: string): Promise<number>;
  /** As in contested-texts.ts. */
  copyContested(texts: readonly string[], marks: readonly string[], out: string): Promise<number>;
  /** As in curated-files.ts. Of what is asked at once none waits for another, if there are as many readers. */
  writeCurated(texts: TextsToWrite): Promise<WrittenFiles>;
  end(): Promise<void>;
}

export function openLineReaders(setup: Omit<ReaderSetup, 'name'>, threads: number): LineReaders {
  return threads === 1 ? new ReaderHere({ ...setup, name: 'here' }) : new ReaderThreads(setup, threads);
}

/** Of small hours: a thread takes longer to start than they take. */
const SMALL_BATCH_BYTES = 64 * 1024;

class ReaderHere implements LineReaders {
  readonly atOnce = 1;
  private readonly reader: LineReader;
  private readonly texts = new CompiledTexts();
  private spare: Buffer | null = null;

  constructor(setup: ReaderSetup) {
    this.reader = new LineReader(setup);
  }

  bytes(): Buffer {
    const bytes = this.spare ?? Buffer.allocUnsafe(SMALL_BATCH_BYTES);
    this.spare = null;
    return bytes;
  }

  giveBack(bytes: Buffer): void {
    this.spare = bytes;
  }

  async read(batch: BatchToRead): Promise<BatchReading> {
    const reading = this.reader.read(batch);
    this.giveBack(batch.bytes);
    return reading;
  }

  async readPart(part: PartToRead): Promise<PartReading> {
    return this.reader.readPart(part);
  }

  async giveUp(object: number): Promise<void> {
    this.reader.giveUp(object);
  }

  async close(): Promise<readonly ReadFiles[]> {
    return [this.reader.close()];
  }

  async findTwice(files: readonly string[], out: string): Promise<number> {
    return findTwice(this.texts, files, out);
  }

  async copyContested(texts: readonly string[], marks: readonly string[], out: string): Promise<number> {
    return copyContested(this.texts, texts, marks, out);
  }

  async writeCurated(texts: TextsToWrite): Promise<WrittenFiles> {
    return writeCurated(this.texts, texts);
  }

  async end(): Promise<void> {
    this.spare = null;
  }
}

class ReaderThreads implements LineReaders {
  readonly atOnce: number;
  private readonly threads: readonly ReaderThread[];
  private readonly spare: Buffer[] = [];
  private turns = 0;

  constructor(setup: Omit<ReaderSetup, 'name'>, count: number) {
    this.atOnce = BATCHES_A_READER * count;
    this.threads = Array.from({ length: count }, (_, i) => new ReaderThread({ ...setup, name: `thread${i}` }));
  }

  bytes(): Buffer {
    return this.spare.pop() ?? Buffer.allocUnsafe(BATCH_BYTES);
  }

  giveBack(bytes: Buffer): void {
    this.spare.push(bytes);
  }

  async read({ bytes, ...batch }: BatchToRead): Promise<BatchReading> {
    const { reading, used } = await this.next().ask({ type: 'read', batch, bytes: bytes.buffer as ArrayBuffer }, [bytes.buffer as ArrayBuffer]) as Extract<ThreadAnswer, { used: ArrayBuffer }>;
    this.giveBack(Buffer.from(used));
    return { ...reading, bytes: asBuffer(reading.bytes) };
  }

  async readPart(part: PartToRead): Promise<PartReading> {
    const reading = await this.next().ask({ type: 'readPart', part }) as PartReading;
    const parts = reading.parts.map((found) => (found.kind === 'long' ? { ...found, line: { ...found.line, beginning: asBuffer(found.line.beginning) } } : found));
    return { ...reading, bytes: asBuffer(reading.bytes), parts };
  }

  async giveUp(object: number): Promise<void> {
    await Promise.all(this.threads.map(async (thread) => thread.ask({ type: 'giveUp', object })));
  }

  async close(): Promise<readonly ReadFiles[]> {
    return await Promise.all(this.threads.map(async (thread) => thread.ask({ type: 'close' }))) as readonly ReadFiles[];
  }

  async findTwice(files: readonly string[], out: string): Promise<number> {
    return await this.next().ask({ type: 'findTwice', files, out }) as number;
  }

  async copyContested(texts: readonly string[], marks: readonly string[], out: string): Promise<number> {
    return await this.next().ask({ type: 'copyContested', texts, marks, out }) as number;
  }

  async writeCurated(texts: TextsToWrite): Promise<WrittenFiles> {
    return await this.leastAsked().ask({ type: 'writeCurated', texts }) as WrittenFiles;
  }

  async end(): Promise<void> {
    await Promise.all(this.threads.map(async (thread) => thread.end()));
  }

  /** Groups differ in size: whose turn it is may be at the largest while the other has nothing to do. */
  private leastAsked(): ReaderThread {
    return this.threads.reduce((least, thread) => (thread.waiting < least.waiting ? thread : least));
  }

  private next(): ReaderThread {
    this.turns += 1;
    return this.threads[this.turns % this.threads.length]!;
  }
}

/** What comes out of a thread is no Buffer any more. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

interface Asked {
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** It answers in the order in which it is asked. */
class ReaderThread {
  private readonly worker: Worker;
  private readonly asked: Asked[] = [];
  private failure: unknown = null;

  constructor(setup: ReaderSetup) {
    this.worker = new Worker(builtModule('lines/reader-thread.js'), { workerData: setup });
    this.worker.on('message', (answer: ThreadAnswer) => this.asked.shift()!.resolve(answer));
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', (code) => this.fail(new Error(`a thread that reads lines ended (${code})`)));
  }

  get waiting(): number {
    return this.asked.length;
  }

  ask(request: ThreadRequest, transferred: ArrayBuffer[] = []): Promise<ThreadAnswer> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      this.asked.push({ resolve, reject });
      this.worker.postMessage(request, transferred);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    for (const { reject } of this.asked.splice(0)) reject(this.failure);
  }
}
