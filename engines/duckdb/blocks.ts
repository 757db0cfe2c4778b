/** Reads the hour's objects into blocks; an object that cannot be read to its end gives none, or blocks that are given up later. */
import type { LocalObject } from '../engine';
import { Block } from './block';
import { ObjectLines, type LineRun, type LongLine } from './object-lines';
import { openObject } from './open-object';
import type { PlainLines } from './plain-lines';
import { UnreadableObject } from './unreadable-object';

/** Of lines that are not plain: large enough that the statements' own cost is nothing, small enough that two lanes' blocks are. */
const OTHER_BYTES = 8 * 1024 * 1024;
/** Of canonical texts, which one short statement takes: no lane waits long for its first ones, or alone for the last. */
const PLAIN_BYTES = 4 * 1024 * 1024;
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
  readonly reader: PlainLines;
}

export async function* readBlocks({ objects, quarantined, bytesRead, reader }: Reading): AsyncGenerator<ReadBlock> {
  let sure = new Block();
  for (const [index, object] of objects.entries()) {
    const before = objects[index - 1];
    // A block's lines are all the producer's or none is: they are counted together.
    if (isSent(before) !== isSent(object) && !sure.isEmpty) {
      yield { block: sure, doubtful: -1, isSent: isSent(before) };
      sure = new Block();
    }
    let pending = new Block();
    try {
      const opened = await openObject(object.path);
      const lines = new NumberedLines(object, reader);
      for await (const chunk of opened.chunks) {
        bytesRead(chunk.length);
        lines.push(chunk, pending);
        const full = fullPart(pending);
        if (full === null) continue;
        yield { block: full, doubtful: opened.sureToEnd ? -1 : index, isSent: isSent(object) };
        if (full === pending) pending = new Block();
      }
      lines.end(pending);
    } catch (error) {
      if (!(error instanceof UnreadableObject)) throw error;
      quarantined.set(index, error.message);
      continue;
    }
    sure.append(pending);
    const full = fullPart(sure);
    if (full === null) continue;
    yield { block: full, doubtful: -1, isSent: isSent(object) };
    if (full === sure) sure = new Block();
  }
  if (!sure.isEmpty) yield { block: sure, doubtful: -1, isSent: isSent(objects.at(-1)) };
}

function isSent(object: LocalObject | undefined): boolean {
  return object?.isSent === true;
}

/** Null where there is none yet. What is not plain stays in the block until there is enough of it. */
function fullPart(block: Block): Block | null {
  if (block.otherBytes >= OTHER_BYTES) return block;
  return block.plain.length >= PLAIN_BYTES || block.lines >= BLOCK_LINES ? block.splitPlain() : null;
}

/** One object's lines, in its order. */
class NumberedLines {
  private readonly lines = new ObjectLines();
  private next = 1;

  constructor(private readonly object: LocalObject, private readonly reader: PlainLines) {}

  push(chunk: Buffer, block: Block): void {
    for (const found of this.lines.push(chunk)) this.add(found, block);
  }

  end(block: Block): void {
    for (const found of this.lines.end()) this.add(found, block);
  }

  private add(found: LineRun | LongLine, block: Block): void {
    this.next += found.kind === 'lines' ? block.addRun(this.object, found, this.next, this.reader) : block.addLong(this.object, found, this.next);
  }
}
