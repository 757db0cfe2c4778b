/** What is kept for how long, and what retention removes. The configuration, the README and docs/deploy-it.md are held against this table. */
import type { SettingName } from './configuration';
import type { LandingHour } from './landing-hour';

export const RETAINED = ['raw', 'staging', 'revisions', 'topic', 'api'] as const;
export type Retained = (typeof RETAINED)[number];

export interface RetentionRule {
  readonly setting: SettingName;
  /** what goes, of hours that are proven or empty and of no others */
  readonly removes: string;
  /** from when the time counts */
  readonly since: string;
}

export const RETENTION: Readonly<Record<Retained, RetentionRule>> = {
  raw: {
    setting: 'SLUICE_RETENTION_RAW_DAYS',
    removes: 'raw objects of hours whose loaded revision is proven and recorded in the lake',
    since: 'the landing hour’s end',
  },
  staging: {
    setting: 'SLUICE_RETENTION_STAGING_DAYS',
    removes: 'staging of attempts that nobody went on with',
    since: 'the object was written',
  },
  revisions: {
    setting: 'SLUICE_RETENTION_REVISIONS_DAYS',
    removes: 'of replaced revisions: dead letters, their samples in the ledger, summaries of curate',
    since: 'a later revision was loaded',
  },
  topic: {
    setting: 'SLUICE_KAFKA_RETENTION_HOURS',
    removes: 'nothing itself: the topic’s retention.ms is held to the setting',
    since: 'the record was written',
  },
  api: {
    setting: 'SLUICE_EXPORT_HOURS',
    removes: 'large exports of the API, and its answers from the lake',
    since: 'the object was written; an hour more, for links that are in use',
  },
};

export interface RetentionInput {
  /** nothing is removed and nothing changed */
  readonly dryRun?: boolean;
}

export interface RetainInput {
  readonly what: Retained;
  /** the last hour of the pages before */
  readonly after: LandingHour | null;
  readonly dryRun: boolean;
}

/** Of one page of hours. */
export interface RetainResult {
  readonly hours: number;
  readonly objects: number;
  readonly bytes: number;
  /** hours past their time that keep what they have, and why */
  readonly kept: readonly { readonly landingHour: LandingHour; readonly why: string }[];
  /** of the topic: what was changed, or would be */
  readonly changed: string | null;
  /** null: there is no further page */
  readonly after: LandingHour | null;
}

export interface RetentionResult {
  readonly dryRun: boolean;
  readonly removed: readonly ({ readonly what: Retained } & Omit<RetainResult, 'after'>)[];
}

/** The object `runs/<hour>/raw-retired.json`: written before the first object goes. */
export interface RawRetired {
  readonly landingHour: LandingHour;
  /** the loaded revision, whose manifest names the objects */
  readonly revision: number;
  readonly at: string;
  readonly objects: number;
  readonly bytes: number;
}
