/** What an attempt of curate has put into the lake's staging, and how what was made on this machine comes there. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Context } from '@temporalio/activity';
import { stagingPrefix } from '../contract/lake-layout';
import type { RemoteRunNote } from '../contract/remote-run';
import type { EngineName, RevisionRef } from '../contract/stages';
import type { CurateOutcome, JobControl, LocalEngine } from '../engines/engine';
import type { Lake } from '../stores/lake';

/** Curated files and dead letters as they lie in the lake's staging. */
export interface Staged {
  readonly engine: EngineName;
  readonly attempt: string;
  readonly prefix: string;
  readonly outcome: CurateOutcome;
  readonly run?: RemoteRunNote;
  /** a file of dead letters, wherever it is nearest */
  readonly letters: (name: string) => Promise<Readable>;
}

/** Two attempts may be alive at once, so the number alone does not make a prefix of one's own. */
export function attemptOfOnesOwn(): string {
  return `a${Context.current().info.attempt}${randomBytes(3).toString('hex')}`;
}

export async function staged(
  lake: Lake, engine: LocalEngine['name'], { landingHour, revision }: RevisionRef, attempt: string, outcome: CurateOutcome, outDir: string, control: JobControl,
): Promise<Staged> {
  const prefix = stagingPrefix(landingHour, revision, attempt);
  control.progress({ step: `uploading ${outcome.files.length} files` });
  await lake.putFiles([
    ...outcome.files.map((file) => ({ key: `${prefix}curated/${file.path}`, path: join(outDir, 'curated', file.path) })),
    ...outcome.deadLetterFiles.map((name) => ({ key: `${prefix}dead-letters/${name}`, path: join(outDir, 'dead-letters', name) })),
  ], control.signal);
  return { engine, attempt, prefix, outcome, letters: (name) => Promise.resolve(createReadStream(join(outDir, 'dead-letters', name))) };
}
