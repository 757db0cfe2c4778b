/** Reads the hour's objects into blocks; an object that cannot be read to its end gives none, or blocks that are given up later. */
import type { LocalObject } from '../../engine';
import { Block } from './block';
import type { FilePart } from './file-parts';
import { LineBatch, NumberedObject, type BatchPart } from './line-batch';
import type { BatchReading } from './line-reader';
import type { LineReaders } from './line-readers';
import { ObjectLines, type LineRun, type LongLine } from './object-lines';
import { openObject } from './open-object';
import { UnreadableObject } from './unreadable-object';

/** Of lines that are not plain: large enough that the statements' own cost is little, small enough that no lane is left with the last of them. */
const OTHER_BYTES = 2 * 1024 * 1024;
/** Whoever waits hears of it, white space or not. */
const BLOCK_LINES = 200_000;

export interface ReadBlock {
  readonly block: Block;
  /** the object whose end was not yet seen: if it proves unreadable, what came of this block must go; −1: none */
  readonly doubtful: number;
  readonly isSent: boolean;
}

export interface Reading {
  readonly objects: readonly LocalObject[];
  /** filled while reading */
  readonly quarantined: Map<number, string>;
  readonly bytesRead: (bytes: number) => void;
  readonly readers: LineReaders;
  /** whether what producers sent is counted */
  readonly countSent: boolean;
}

export async function* readBlocks(job: Reading): AsyncGenerator<ReadBlock> {
  const sure = new Lines(job, -1);
  for (const [index, object] of job.objects.entries()) {
    // A block's lines are all the producer's or none is: they are counted together.
    if (index > 0 && isSent(job.objects[index - 1]) !== isSent(object)) yield* sure.finish();
    sure.isSent = isSent(object);
    const of = new NumberedObject(object);
    let doubtful: Lines | null = null;
    try {
      const opened = await openObject(object);
      if (!opened.sureToEnd) doubtful = new Lines(job, index, sure.isSent);
      const target = doubtful ?? sure;
      if (opened.parts !== null) {
        for await (const part of opened.parts) yield* target.readPart(of, part);
        continue;
      }
      const lines = new ObjectLines();
      for await (const chunk of opened.chunks) {
        job.bytesRead(chunk.length);
        for (const found of lines.push(chunk)) yield* target.add(of, found);
      }
      for (const found of lines.end()) yield* target.add(of, found);
    } catch (error) {
      if (!(error instanceof UnreadableObject)) throw error;
      job.quarantined.set(index, error.message);
      await doubtful?.giveUp();
      continue;
    }
    if (doubtful !== null) yield* sure.takeOver(doubtful);
  }
  yield* sure.finish();
}

function isSent(object: LocalObject | undefined): boolean {
  return object?.isSent === true;
}

/** Lines that are as sure as each other: in a batch, then under way to a reader and back, then in a block. */
class Lines {
  private batch: LineBatch | null = null;
  private block = new Block();
  private readonly underWay: (() => Promise<void>)[] = [];
  private wasSent = false;

  constructor(private readonly job: Reading, private readonly doubtful: number, public isSent = false) {}

  async *add(of: NumberedObject, found: LineRun | LongLine): AsyncGenerator<ReadBlock> {
    // A batch that is quite full would grow: it keeps room for the ending that a line may lack.
    if (found.kind === 'lines' && this.batch !== null && this.batch.length + found.bytes.length >= this.batch.bytes.length) yield* this.send();
    this.batch ??= new LineBatch(this.job.readers.bytes());
    this.batch.add(of, found);
  }

  async *readPart(of: NumberedObject, part: FilePart): AsyncGenerator<ReadBlock> {
    const read = this.job.readers.readPart({ ...part, countSent: this.countsSent });
    yield* this.follow(read.then((reading) => {
      this.job.bytesRead(part.end - part.start);
      return { parts: reading.parts.map((found) => ({ ...found, of })), reading };
    }));
  }

  /** A doubtful object's, whose end was seen. */
  async *takeOver(other: Lines): AsyncGenerator<ReadBlock> {
    if (other.wasSent) {
      yield* other.settle();
      this.block.append(other.block);
    } else if (other.batch !== null) {
      if (this.batch !== null && this.batch.length + other.batch.length >= this.batch.bytes.length) yield* this.send();
      if (this.batch === null) {
        this.batch = other.batch;
      } else {
        this.batch.append(other.batch);
        this.job.readers.giveBack(other.batch.bytes);
      }
    }
    yield* this.fullPart();
  }

  async *finish(): AsyncGenerator<ReadBlock> {
    yield* this.settle();
    if (!this.block.isEmpty) yield this.whole();
  }

  async giveUp(): Promise<void> {
    if (!this.wasSent) return;
    await this.settleTo(0);
    await this.job.readers.giveUp(this.doubtful);
  }

  private async *settle(): AsyncGenerator<ReadBlock> {
    if (this.batch !== null) yield* this.send();
    await this.settleTo(0);
    yield* this.fullPart();
  }

  private async *send(): AsyncGenerator<ReadBlock> {
    const { parts, runs, bytes } = this.batch!;
    this.batch = null;
    this.wasSent = true;
    const read = this.job.readers.read({ bytes, runs, doubtful: this.doubtful, countSent: this.countsSent });
    yield* this.follow(read.then((reading) => ({ parts, reading })));
  }

  private get countsSent(): boolean {
    return this.job.countSent && this.isSent;
  }

  /** What is on its way to the block, behind all that was before it. */
  private async *follow(coming: Promise<{ readonly parts: readonly BatchPart[]; readonly reading: BatchReading }>): AsyncGenerator<ReadBlock> {
    // It may fail while an earlier one is waited for.
    coming.catch(() => undefined);
    this.underWay.push(async () => {
      const { parts, reading } = await coming;
      this.block.add(parts, reading);
    });
    await this.settleTo(this.job.readers.atOnce - 1);
    yield* this.fullPart();
  }

  private async settleTo(batches: number): Promise<void> {
    while (this.underWay.length > batches) await this.underWay.shift()!();
  }

  /** Nothing where there is none yet. What is not plain stays in the block until there is enough of it. */
  private *fullPart(): Generator<ReadBlock> {
    if (this.block.otherBytes >= OTHER_BYTES) yield this.whole();
    else if (this.block.counts.lines >= BLOCK_LINES) yield this.read(this.block.splitCounts());
  }

  private whole(): ReadBlock {
    const { block } = this;
    this.block = new Block();
    return this.read(block);
  }

  private read(block: Block): ReadBlock {
    return { block, doubtful: this.doubtful, isSent: this.isSent };
  }
}
