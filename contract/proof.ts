/** The proof of an hour: the equations of the contract's section 5 and the verdict over them. Pure, so that it can be read. */
import type { LandingHour } from './landing-hour';
import type { ControlCheck } from './control-totals';
import { addSums, firstDifferenceOfSums, type Sums } from './sums';

export type HourState = 'proven' | 'broken' | 'empty' | 'missing' | 'open';

export interface Terms {
  readonly lines: number;
  readonly blank: number;
  readonly deadLettered: number;
  readonly erased: number;
  readonly duplicates: number;
  readonly curated: number;
  /** rows of the last loaded revision */
  readonly base: number;
  readonly new: number;
  readonly retracted: number;
  readonly unchanged: number;
  readonly upserted: number;
  readonly published: number;
  readonly won: number;
  readonly updated: number;
  readonly stale: number;
  readonly alreadyThere: number;
}

export interface ProofStores {
  readonly lake: Sums;
  /** the upserts read back from the topic */
  readonly topic: Sums;
  readonly postgres: Sums;
}

export interface ProofEvidence {
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly terms: Terms;
  readonly stores: ProofStores;
  /** sums of the rows that this revision shares with its base and so did not publish */
  readonly unchanged: Sums;
  /** records with op retract read back from the topic */
  readonly retractsRead: number;
  /** objects that could not be read to their end */
  readonly quarantined: readonly string[];
  /** the producer's totals against what landed; absent where there are none */
  readonly control?: ControlCheck;
  /** objects of the manifest which are no longer there */
  readonly rawGone: readonly string[];
  /** a committed file that is no longer in the lake: the first that was looked for in vain */
  readonly lakeGone?: string | null;
}

export interface Proof {
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly state: HourState;
  readonly terms: Terms;
  readonly stores: ProofStores;
  readonly unchanged: Sums;
  readonly quarantined: readonly string[];
  readonly control?: ControlCheck;
  readonly firstDifference: string | null;
}

/** What of a proof passes through Temporal: the ledger keeps the whole, with every currency and status. */
export interface Verdict {
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly state: HourState;
  readonly terms: Terms;
  readonly firstDifference: string | null;
}

export function verdictOf({ landingHour, revision, state, terms, firstDifference }: Proof): Verdict {
  return { landingHour, revision, state, terms, firstDifference };
}

/** How a run ends that ends with this proof. */
export function endOf({ revision, state, firstDifference }: Verdict, unchanged: boolean): {
  readonly revision: number; readonly unchanged: boolean; readonly state: HourState; readonly message: string;
} {
  return { revision, unchanged, state, message: firstDifference ?? (unchanged ? 'nothing has changed; proven again' : state) };
}

export function judge(evidence: ProofEvidence): Proof {
  const firstDifference = firstDifferenceOf(evidence);
  const state: HourState = firstDifference !== null ? 'broken' : evidence.terms.lines === 0 ? 'empty' : 'proven';
  return {
    landingHour: evidence.landingHour,
    revision: evidence.revision,
    state,
    terms: evidence.terms,
    stores: evidence.stores,
    unchanged: evidence.unchanged,
    quarantined: evidence.quarantined,
    ...(evidence.control === undefined ? {} : { control: evidence.control }),
    firstDifference,
  };
}

function firstDifferenceOf(evidence: ProofEvidence): string | null {
  const { terms, stores } = evidence;
  if (evidence.rawGone.length > 0) return `raw_gone: ${evidence.rawGone[0]} is no longer in the lake`;
  if (evidence.quarantined.length > 0) {
    return `quarantined: ${evidence.quarantined[0]} cannot be read to its end; replace the object and run the hour again`;
  }
  if (evidence.lakeGone != null) return `lake_gone: the commit names ${evidence.lakeGone}, which is no longer in the lake`;
  // Before what is our own: a loss that happened earlier explains more.
  if (evidence.control?.firstDifference != null) return evidence.control.firstDifference;
  return (
    unequal('lines', terms.lines, 'blank + dead-lettered + erased + duplicates + curated',
      terms.blank + terms.deadLettered + terms.erased + terms.duplicates + terms.curated) ??
    unequal('curated', terms.curated, 'unchanged + upserted', terms.unchanged + terms.upserted) ??
    unequal('curated', terms.curated, 'base + new − retracted', terms.base + terms.new - terms.retracted) ??
    unequal('published', terms.published, 'upserted + retracted', terms.upserted + terms.retracted) ??
    unequal('upserted', terms.upserted, 'won + updated + stale + already there',
      terms.won + terms.updated + terms.stale + terms.alreadyThere) ??
    unequal('upserted', terms.upserted, 'upserts read back from the topic', stores.topic.rows) ??
    unequal('retracted', terms.retracted, 'retractions read back from the topic', evidence.retractsRead) ??
    unequal('curated', terms.curated, 'rows in the lake', stores.lake.rows) ??
    firstDifferenceOfSums('lake', stores.lake, 'postgres', stores.postgres) ??
    firstDifferenceOfSums('lake', stores.lake, 'unchanged + topic', addSums(evidence.unchanged, stores.topic))
  );
}

function unequal(leftName: string, left: number, rightName: string, right: number): string | null {
  return left === right ? null : `${leftName} ${left} ≠ ${rightName} ${right}`;
}

/** The proof's sentence for people: the equation with its numbers. */
export function equationOf(terms: Terms): string {
  return `${terms.lines} lines = ${terms.blank} blank + ${terms.deadLettered} dead + ${terms.erased} erased + ` +
    `${terms.duplicates} duplicates + ${terms.curated} curated`;
}
