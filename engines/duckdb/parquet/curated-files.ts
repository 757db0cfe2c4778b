/**
 * Texts in the order of their rows become curated files, one a day and merchant, sorted by created_at: what write-files.duckdb.sql does of rows, for those
 * that are texts (docs/decisions/0037).
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { curatedName, curatedPath } from '../../../contract/lake-layout';
import { hourStart } from '../../../contract/landing-hour';
import { SumsOfRows, type Sums } from '../../../contract/sums';
import type { CuratedFile, CurateJob } from '../../engine';
import type { CompiledTexts } from '../lines/compiled-texts';
import type { GrownFile } from '../lines/growing-file';
import { LONGEST_BYTES, SHORTEST_BYTES, sortTexts, type TextsInOrder } from '../lines/sorted-texts';
import { writeAll } from '../lines/write-all';
import type { CompiledRows, RevisionColumns, RowsRoom } from './compiled-rows';

/** What of a revision its rows and files are named by. */
export type WrittenRevision = Pick<CurateJob, 'landingHour' | 'revision' | 'attempt' | 'processedAt' | 'outDir'>;

/** A group's: no other has one of its merchants. */
export interface TextsToWrite {
  readonly files: readonly GrownFile[];
  /** what files it makes meanwhile are named by */
  readonly name: string;
  readonly revision: WrittenRevision;
}

export interface WrittenFiles {
  readonly files: readonly CuratedFile[];
  readonly sums: Sums;
}

/** Texts of a row group, at most, but for the last one: more is memory that is touched for the first time, which costs more than it saves. */
const GROUP_BYTES = 8 * 1024 * 1024;
const MILLIS_OF_DAY = 86_400_000;

/** Sorts them on the way. */
export function writeCurated(compiled: CompiledTexts, { files, name, revision }: TextsToWrite, runBytes?: number, groupBytes = GROUP_BYTES): WrittenFiles {
  const written = new CuratedFiles(compiled.rows, revision, files.reduce((sum, { bytes }) => sum + bytes, 0), groupBytes);
  try {
    const texts = sortTexts(compiled, files, name, written, runBytes);
    const result = written.result();
    if (result.sums.rows !== texts) throw new Error(`${texts} texts became ${result.sums.rows} rows`);
    return result;
  } finally {
    written.close();
  }
}

export class CuratedFiles implements TextsInOrder {
  readonly bytes: number;
  readonly full: number;
  private readonly found: CuratedFile[] = [];
  private readonly sums = new SumsOfRows();
  private readonly columns: RevisionColumns;
  private readonly room: RowsRoom;
  private start = 0;
  private open: OpenFile | null = null;

  /** `textBytes`: of all that will come. */
  constructor(private readonly rows: CompiledRows, private readonly revision: WrittenRevision, textBytes: number, groupBytes: number) {
    this.full = Math.min(groupBytes, textBytes);
    const most = this.full + LONGEST_BYTES;
    // Only a file's last row group has fewer than a group's texts.
    this.room = { rows: Math.ceil(most / SHORTEST_BYTES), textBytes: most, groups: Math.ceil(textBytes / Math.max(1, this.full)) + 1 };
    this.bytes = most + rows.bytesFor(this.room);
    this.columns = {
      processedAt: BigInt(Date.parse(revision.processedAt)) * 1000n, landingHour: BigInt(hourStart(revision.landingHour).getTime()) * 1000n, revision: revision.revision,
    };
  }

  begin(at: number): number {
    this.start = at;
    this.rows.open(at + this.full + LONGEST_BYTES, this.room, this.columns);
    return at;
  }

  /** Writes what is complete; of the last file there may be more to come, so it stays unless there is no room for more of it. */
  take(memory: Buffer, end: number, isLast: boolean): number {
    for (let at = this.start; at < end;) {
      const next = this.rows.take(at, end);
      if (next === end && !isLast && at > this.start) {
        this.rows.giveSums(this.sums);
        memory.copyWithin(this.start, at, end);
        return this.start + (end - at);
      }
      this.write();
      at = next;
    }
    this.rows.giveSums(this.sums);
    if (isLast) this.endFile();
    return this.start;
  }

  result(): WrittenFiles {
    return { files: this.found, sums: this.sums.result() };
  }

  /** After an error. */
  close(): void {
    if (this.open !== null) closeSync(this.open.file);
    this.open = null;
  }

  private write(): void {
    const { rows } = this;
    const { merchantId, day } = rows;
    if (this.open?.merchantId !== merchantId || this.open.day !== day) {
      this.endFile();
      this.open = this.openFile(merchantId, day);
    }
    rows.put();
    this.open.rows += rows.rows;
    rows.sum();
  }

  private openFile(merchantId: string, day: number): OpenFile {
    const dt = new Date(day * MILLIS_OF_DAY).toISOString().slice(0, 10);
    const path = curatedPath({ dt, merchantId, name: curatedName({ ...this.revision, n: 0 }) });
    const target = join(this.revision.outDir, 'curated', path);
    mkdirSync(dirname(target), { recursive: true });
    // There must not be such a file.
    const file = openSync(target, 'wx');
    this.rows.beginFile({ write: (memory, start, end) => writeAll(file, memory, start, end) });
    return { file, path, dt, merchantId, day, rows: 0 };
  }

  private endFile(): void {
    if (this.open === null) return;
    const { path, dt, merchantId, rows } = this.open;
    this.found.push({ path, dt, merchantId, rows, bytes: this.rows.endFile() });
    this.close();
  }
}

interface OpenFile {
  /** its descriptor */
  readonly file: number;
  readonly path: string;
  readonly dt: string;
  readonly merchantId: string;
  readonly day: number;
  rows: number;
}
