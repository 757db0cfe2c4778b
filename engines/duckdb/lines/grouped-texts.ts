/**
 * Canonical texts of good lines, in files by groups of merchants: all lines of a merchant are in one group's files, and what writes a group's
 * rows needs no other file. Before each text stands its payment's mark (payment-marks.ts).
 */
import { join } from 'node:path';
import { GrowingFiles, type GrowingFile } from './growing-file';

export class GroupedTexts {
  readonly files: GrowingFiles;

  /** Whoever else writes such files has a name of its own and as many groups. */
  constructor(folder: string, name: string, groups: number) {
    this.files = new GrowingFiles(groups, (group) => join(folder, `texts-${group}-${name}`));
  }

  /** The file of the merchant whose id stands there. */
  of(ids: Buffer, start: number, end: number): GrowingFile {
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ ids[i]!, 0x01000193);
    hash ^= hash >>> 15;
    return this.files.at((hash >>> 0) % this.files.count);
  }
}
