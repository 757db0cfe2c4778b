/**
 * Canonical texts of good lines, in files by groups of merchants: all lines of a merchant are in one group's files, and what writes a group's
 * rows needs no other file. Before each text stand its payment's mark (payment-marks.ts) and its hash.
 */
import { join } from 'node:path';
import { GrowingFiles, type GrowingFile } from './growing-file';
import { idHash } from './id-hash';

/** Whoever else writes such files has a name of its own and as many groups. */
export function textsPath(folder: string, name: string, group: number): string {
  return join(folder, `texts-${group}-${name}`);
}

export class GroupedTexts {
  readonly files: GrowingFiles;

  constructor(folder: string, name: string, groups: number) {
    this.files = new GrowingFiles(groups, (group) => textsPath(folder, name, group));
  }

  /** The file of the merchant whose id stands there. */
  of(ids: Buffer, start: number, end: number): GrowingFile {
    return this.files.at(idHash(ids, start, end) % this.files.count);
  }
}
