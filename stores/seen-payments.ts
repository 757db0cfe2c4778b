/** Single payments as the API shows them: without who paid. Within a reader's view, which leaves out what its holder may not see. */
import type { LandingHour } from '../contract/landing-hour';
import { readSql } from '../sql/read-sql';
import { landingHourAt } from './ledger-hours';
import type { HourState } from '../contract/proof';
import type { Session } from './postgres';

export interface SeenPayment {
  readonly paymentId: string;
  readonly merchantId: string;
  readonly amountCents: bigint;
  readonly currency: string;
  readonly status: string;
  readonly paymentMethod: string | null;
  readonly riskScore: number | null;
  readonly authorizedAt: string | null;
  readonly completedAt: string | null;
  readonly createdAt: string;
  readonly sourceSystem: string | null;
  readonly declineReason: string | null;
  readonly dt: string;
  readonly authorizedToCompleteMs: bigint | null;
  readonly processedAt: string;
  readonly revision: number;
  readonly landingHour: LandingHour;
  readonly rowHash: bigint;
}

/** What one hour's loaded revision says of it. */
export interface SeenVersion {
  readonly landingHour: LandingHour;
  readonly state: HourState;
  readonly revision: number | null;
  readonly createdAt: string;
  readonly status: string;
  readonly currency: string;
  readonly amountCents: bigint;
  readonly dt: string;
  readonly merchantId: string;
  readonly rowHash: bigint;
}

export interface CellOfPayments {
  readonly merchant: string;
  readonly from: string;
  readonly to: string;
  readonly statuses: readonly string[] | null;
  readonly currency: string | null;
  readonly reason: string | null;
  readonly paymentMethod: string | null;
  readonly timing: 'timed' | 'skewed' | null;
}

export interface ListedPayment {
  readonly paymentId: string;
  readonly merchantId: string;
  readonly dt: string;
  readonly createdAt: string;
  readonly status: string;
  readonly currency: string;
  readonly amountCents: bigint;
  readonly paymentMethod: string | null;
  readonly declineReason: string | null;
  readonly authorizedToCompleteMs: bigint | null;
  readonly landingHour: LandingHour;
  readonly revision: number;
}

type Row = Readonly<Record<string, unknown>>;

export async function seenPayment(session: Session, paymentId: string): Promise<SeenPayment | null> {
  const [row] = await session.rows<Row>(readSql('api/payment.sql'), [paymentId]);
  if (row === undefined) return null;
  return {
    ...listedOf(row), riskScore: row.risk_score as number | null, authorizedAt: row.authorized_at as string | null, completedAt: row.completed_at as string | null,
    sourceSystem: row.source_system as string | null, processedAt: row.processed_at as string, rowHash: row.row_hash as bigint,
  };
}

export async function seenVersions(session: Session, paymentId: string): Promise<readonly SeenVersion[]> {
  return (await session.rows<Row>(readSql('api/payment-versions.sql'), [paymentId])).map((row) => ({
    landingHour: landingHourAt(row.landing_hour as string), state: (row.state ?? 'open') as HourState, revision: row.loaded_revision as number | null,
    createdAt: row.created_at as string, status: row.status as string, currency: row.currency as string, amountCents: row.amount_cents as bigint,
    dt: row.dt as string, merchantId: row.merchant_id as string, rowHash: row.row_hash as bigint,
  }));
}

/** By day and id; `after` is the last one of the page before. */
export async function paymentsOfCell(
  session: Session, cell: CellOfPayments, after: { readonly dt: string; readonly paymentId: string } | null, limit: number,
): Promise<readonly ListedPayment[]> {
  const rows = await session.rows<Row>(readSql('reports/explain.sql'), [
    cell.merchant, cell.from, cell.to, cell.statuses, cell.currency, cell.reason, cell.paymentMethod, cell.timing, after?.dt ?? '-infinity', after?.paymentId ?? '', limit,
  ]);
  return rows.map(listedOf);
}

function listedOf(row: Row): ListedPayment {
  return {
    paymentId: row.payment_id as string, merchantId: row.merchant_id as string, dt: row.dt as string, createdAt: row.created_at as string, status: row.status as string,
    currency: row.currency as string, amountCents: row.amount_cents as bigint, paymentMethod: row.payment_method as string | null,
    declineReason: row.decline_reason as string | null, authorizedToCompleteMs: row.authorized_to_complete_ms as bigint | null,
    landingHour: landingHourAt(row.landing_hour as string), revision: row.curated_version as number,
  };
}
