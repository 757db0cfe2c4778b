/** The ledger's daily reports: what each revision said, who got it, which missing hours somebody accepted. */
import type { ReportHour, ReportRef } from '../contract/daily-report';
import type { BroughtBy, DayNumbers } from '../contract/day-numbers';
import { hourStart, type LandingHour } from '../contract/landing-hour';
import type { Channel } from '../contract/report-recipients';
import { ALL_MERCHANTS } from '../contract/reports';
import { readSql } from '../sql/read-sql';
import { landingHourAt } from './ledger-hours';
import type { Postgres } from './postgres';

export interface NewReportRevision extends ReportRef {
  readonly revision: number;
  readonly numbers: DayNumbers;
  readonly hours: readonly ReportHour[];
  readonly brought: readonly BroughtBy[];
  readonly asOf: string | null;
  readonly restsOn: string;
  readonly by: string;
}

export interface ReportRevision extends NewReportRevision {
  readonly renderedAt: string;
  /** when the numbers were last seen to be these */
  readonly seenHours: readonly ReportHour[];
  readonly seenAt: string;
  /** null: its files may not be in the lake yet */
  readonly htmlKey: string | null;
}

export interface DeliveryAttempt extends ReportRef {
  readonly revision: number;
  readonly recipient: string;
  readonly deliveryId: string;
  readonly channel: Channel;
  readonly address: string;
  readonly afterRevision: number | null;
}

export interface ReportDelivery extends Omit<DeliveryAttempt, keyof ReportRef> {
  readonly attempts: number;
  readonly firstTriedAt: string;
  readonly lastTriedAt: string;
  readonly acknowledgedAt: string | null;
  readonly answer: string | null;
}

interface RevisionRow {
  readonly revision: number;
  readonly numbers: DayNumbers;
  readonly hours: ReportHour[];
  readonly brought: BroughtBy[];
  readonly as_of: string | null;
  readonly rests_on: string;
  readonly requested_by: string;
  readonly rendered_at: string;
  readonly seen_hours: ReportHour[];
  readonly seen_at: string;
  readonly html_key: string | null;
}

interface DeliveryRow {
  readonly revision: number;
  readonly recipient: string;
  readonly delivery_id: string;
  readonly channel: Channel;
  readonly address: string;
  readonly after_revision: number | null;
  readonly attempts: number;
  readonly first_tried_at: string;
  readonly last_tried_at: string;
  readonly acknowledged_at: string | null;
  readonly answer: string | null;
}

export function ledgerReports(postgres: Postgres) {
  const keyOf = ({ date, merchant }: ReportRef): readonly [string, string] => [date, merchant ?? ALL_MERCHANTS];

  return {
    /** The newest first. */
    async reportRevisions(ref: ReportRef, limit: number | null = null): Promise<readonly ReportRevision[]> {
      const rows = await postgres.rows<RevisionRow>(readSql('ledger/report-revisions.sql'), [...keyOf(ref), limit]);
      return rows.map((row) => ({
        date: ref.date, merchant: ref.merchant, revision: row.revision, numbers: row.numbers, hours: row.hours, brought: row.brought, asOf: row.as_of,
        restsOn: row.rests_on, by: row.requested_by, renderedAt: row.rendered_at, seenHours: row.seen_hours, seenAt: row.seen_at, htmlKey: row.html_key,
      }));
    },

    /** False: there is one of that number already. */
    async saveReportRevision({ revision, numbers, hours, brought, asOf, restsOn, by, ...ref }: NewReportRevision): Promise<boolean> {
      return (await postgres.run(readSql('ledger/save-report-revision.sql'),
        [...keyOf(ref), revision, JSON.stringify(numbers), JSON.stringify(hours), JSON.stringify(brought), asOf, restsOn, by])) === 1;
    },

    async seeReportRevision(ref: ReportRef, revision: number, hours: readonly ReportHour[], restsOn: string): Promise<void> {
      await postgres.run(readSql('ledger/see-report-revision.sql'), [...keyOf(ref), revision, JSON.stringify(hours), restsOn]);
    },

    async markReportSaved(ref: ReportRef, revision: number, htmlKey: string): Promise<void> {
      await postgres.run(readSql('ledger/mark-report-saved.sql'), [...keyOf(ref), revision, htmlKey]);
    },

    /** The newest revision first. */
    async reportDeliveries(ref: ReportRef): Promise<readonly ReportDelivery[]> {
      const rows = await postgres.rows<DeliveryRow>(readSql('ledger/report-deliveries.sql'), keyOf(ref));
      return rows.map((row) => ({
        revision: row.revision, recipient: row.recipient, deliveryId: row.delivery_id, channel: row.channel, address: row.address, afterRevision: row.after_revision,
        attempts: row.attempts, firstTriedAt: row.first_tried_at, lastTriedAt: row.last_tried_at, acknowledgedAt: row.acknowledged_at, answer: row.answer,
      }));
    },

    async tryDelivery({ revision, recipient, deliveryId, channel, address, afterRevision, ...ref }: DeliveryAttempt): Promise<void> {
      await postgres.run(readSql('ledger/try-delivery.sql'), [...keyOf(ref), revision, recipient, deliveryId, channel, address, afterRevision]);
    },

    async acknowledgeDelivery(ref: ReportRef, revision: number, recipient: string, answer: string): Promise<void> {
      await postgres.run(readSql('ledger/acknowledge-delivery.sql'), [...keyOf(ref), revision, recipient, answer]);
    },

    /** Also in the audit. Accepted twice is accepted once. */
    async acceptMissing(hours: readonly LandingHour[], by: string): Promise<void> {
      await postgres.run(readSql('ledger/accept-missing.sql'), [hours.map(hourStart), by]);
    },

    async acceptedMissing(date: string): Promise<readonly { readonly landingHour: LandingHour; readonly by: string }[]> {
      const rows = await postgres.rows<{ landing_hour: string; accepted_by: string }>(readSql('ledger/accepted-missing.sql'), [date]);
      return rows.map((row) => ({ landingHour: landingHourAt(row.landing_hour), by: row.accepted_by }));
    },

    async repairedSince(hours: readonly LandingHour[], since: string): Promise<readonly LandingHour[]> {
      const rows = await postgres.rows<{ landing_hour: LandingHour }>(readSql('reports/repaired-hours.sql'), [hours.map(hourStart), since]);
      return rows.map((row) => row.landing_hour);
    },
  };
}
