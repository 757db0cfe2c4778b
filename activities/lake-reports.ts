/** The four reports asked of the lake: the same numbers as the roll-ups', from the committed files, however old they are. */
import type { LakeCell, LakeRow } from '../contract/lake-answer';
import type { Asking, LakeQueries, LakeQuestion } from '../contract/lake-question';
import type { DeclineCell, LatencyCell, RefundCell, ReportNumbers, StatusCell } from '../stores/reports';

export interface LakeReportCost {
  readonly scannedBytes: number;
  /** at list price; embedded: 0 */
  readonly dollars: number;
}

/** `told` what each question cost. */
export function lakeReports(queries: LakeQueries, asking: Asking, told: (cost: LakeReportCost) => void): ReportNumbers {
  const rowsOf = (question: LakeQuestion): Promise<readonly LakeRow[]> => queries.ask(question, asking, async ({ pages, scannedBytes, dollars }) => {
    const rows: LakeRow[] = [];
    for await (const page of pages()) rows.push(...page);
    told({ scannedBytes, dollars });
    return rows;
  });
  return {
    async dailyRecon(day, merchant): Promise<readonly StatusCell[]> {
      return (await rowsOf({ name: 'reports/daily-recon', day, merchant: merchant ?? null })).map((row) => ({
        currency: row.currency as string, status: row.status as string, payments: whole(row.payments), amountCents: whole(row.amount_cents),
      }));
    },
    async refundRate({ from, to, merchant }): Promise<readonly RefundCell[]> {
      return (await rowsOf({ name: 'reports/refund-rate', from, to, merchant: merchant ?? null })).map((row) => ({
        currency: row.currency as string, captured: whole(row.captured), capturedCents: whole(row.captured_cents), refunded: whole(row.refunded), refundedCents: whole(row.refunded_cents),
      }));
    },
    async declines({ from, to, merchant }): Promise<readonly DeclineCell[]> {
      return (await rowsOf({ name: 'reports/declines', from, to, merchant: merchant ?? null })).map((row) => ({
        reason: row.reason as string, currency: row.currency as string, payments: whole(row.payments), amountCents: whole(row.amount_cents),
      }));
    },
    async latency({ from, to, merchant }, paymentMethod): Promise<LatencyCell> {
      const [row] = await rowsOf({ name: 'reports/latency', from, to, merchant: merchant ?? null, paymentMethod: paymentMethod ?? null });
      return {
        payments: whole(row!.measured), sumMs: whole(row!.sum_ms), skewed: whole(row!.skewed), maxMs: wholeOrNull(row!.max_ms), buckets: [],
        exact: { p50: wholeOrNull(row!.p50), p95: wholeOrNull(row!.p95), p99: wholeOrNull(row!.p99) },
      };
    },
  };
}

function whole(cell: LakeCell | undefined): bigint {
  return BigInt(cell as string | number | bigint);
}

function wholeOrNull(cell: LakeCell | undefined): bigint | null {
  return cell === null || cell === undefined ? null : whole(cell);
}
