/** The one object that says what an hour consists of, and the one write that decides what readers see. */
import type { LandingHour } from '../contract/landing-hour';
import { committedKey } from '../contract/lake-layout';
import type { Commit } from '../contract/run';
import type { Lake } from '../stores/lake';

export async function readCommit(lake: Lake, hour: LandingHour): Promise<{ readonly commit: Commit; readonly etag: string } | null> {
  const found = await lake.readText(committedKey(hour));
  return found === null ? null : { commit: JSON.parse(found.text) as Commit, etag: found.etag };
}

/** `etag` null: there was no commit. Refused (fenced) where somebody else was first. */
export async function swap(lake: Lake, commit: Commit, etag: string | null): Promise<void> {
  await lake.put(committedKey(commit.landingHour), JSON.stringify(commit), etag === null ? { ifAbsent: true } : { ifMatch: etag });
}
