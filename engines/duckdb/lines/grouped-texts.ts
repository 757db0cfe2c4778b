/**
 * Canonical texts of good lines, in files by groups of merchants: all lines of a merchant are in one group's files, and what writes a group's
 * rows needs no other file. Before each text stands its payment's mark (payment-marks.ts).
 */
import { join } from 'node:path';
import { GrowingFiles, type GrowingFile } from './growing-file';
import { idHash } from './id-hash';

export class GroupedTexts {
  readonly files: GrowingFiles;

  /** Whoever else writes such files has a name of its own and as many groups. */
  constructor(folder: string, name: string, groups: number) {
    this.files = new GrowingFiles(groups, (group) => join(folder, `texts-${group}-${name}`));
  }

  /** The file of the merchant whose id stands there. */
  of(ids: Buffer, start: number, end: number): GrowingFile {
    return this.files.at(idHash(ids, start, end) % this.files.count);
  }
}
