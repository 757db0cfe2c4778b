/** Lines on their way to a reader: whole ones, of one object or of many small ones, in their order. */
import { withRoom } from '../../../contract/bytes';
import type { LocalObject } from '../../engine';
import type { LinesToRead, ReadPart } from './line-reader';
import type { LineRun, LongLine } from './object-lines';

const LF = 0x0a;

/** An object, and how far its lines are numbered. */
export class NumberedObject {
  private next = 1;

  constructor(readonly object: LocalObject) {}

  /** The number of the first of so many lines. */
  number(lines: number): number {
    const first = this.next;
    this.next += lines;
    return first;
  }
}

export type BatchPart = ReadPart & { readonly of: NumberedObject };

export class LineBatch {
  readonly parts: BatchPart[] = [];
  /** of each part of lines, where they are */
  readonly runs: LinesToRead[] = [];
  length = 0;

  /** `bytes` are the batch's to write over. */
  constructor(public bytes: Buffer) {}

  get isEmpty(): boolean {
    return this.parts.length === 0;
  }

  add(of: NumberedObject, found: LineRun | LongLine): void {
    if (found.kind === 'long') {
      this.parts.push({ kind: 'long', of, line: found });
      return;
    }
    const start = this.length;
    this.copy(found.bytes, found.bytes.length);
    const ended = this.bytes[this.length - 1] === LF;
    if (!ended) this.bytes[this.length++] = LF;
    this.parts.push({ kind: 'lines', of, offset: found.offset });
    this.runs.push({ start, end: this.length, ended });
  }

  /** Takes over another batch's lines behind its own. */
  append(other: LineBatch): void {
    const before = this.length;
    this.copy(other.bytes, other.length);
    this.parts.push(...other.parts);
    for (const { start, end, ended } of other.runs) this.runs.push({ start: start + before, end: end + before, ended });
  }

  private copy(from: Buffer, bytes: number): void {
    this.bytes = withRoom(this.bytes, this.length, bytes + 1);
    this.length += from.copy(this.bytes, this.length, 0, bytes);
  }
}
