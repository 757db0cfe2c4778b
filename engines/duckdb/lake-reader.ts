/** Athena’s part on one machine: the same statements over the committed files, downloaded, in a DuckDB child process. */
import type { AskJob, AskOutcome, JobControl, LakeReader } from '../engine';
import { runInChild, type ChildSettings } from './child-process';
import { IdleChildren } from './idle-children';

export function createLakeReader(settings: ChildSettings): LakeReader {
  const idle = new IdleChildren();
  return { ask: (job: AskJob, control: JobControl): Promise<AskOutcome> => runInChild(settings, idle, 'ask', job, control) };
}
