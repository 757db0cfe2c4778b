/** What a backfill would cost on a pay-per-use engine: list prices and the assumptions, all printed with the estimate. An estimate, no bill. */

/** List prices in US dollars of AWS us-east-1, as of the date; other regions differ by up to half. */
export const ENGINE_PRICES = {
  asOf: '2025-06',
  region: 'us-east-1',
  athenaPerTerabyte: 5,
  athenaLeastBytes: 10_000_000,
  gluePerDpuHour: 0.44,
  emrPerVcpuHour: 0.052624,
  emrPerGigabyteHour: 0.0057785,
} as const;

/** One job an hour on two workers of 4 vCPU and 16 GB. Lines a second: Spark 3.5 on two cores took 130 s for a million. */
export const ENGINE_ASSUMPTIONS = { linesPerVcpuSecond: 3_800, vcpus: 8, gigabytes: 32, startSeconds: 30, leastSeconds: 60 } as const;

export const ASSUMPTIONS_TEXT = `Assumed: one job an hour on 2 workers of 4 vCPU and 16 GB (2 DPU), ${ENGINE_ASSUMPTIONS.linesPerVcpuSecond} lines/s a vCPU, ` +
  `${ENGINE_ASSUMPTIONS.startSeconds} s to start, at least ${ENGINE_ASSUMPTIONS.leastSeconds} s billed; Athena reads each hour’s raw bytes once, at least 10 MB. ` +
  `List prices of ${ENGINE_PRICES.region} as of ${ENGINE_PRICES.asOf}: $${ENGINE_PRICES.athenaPerTerabyte}/TB, $${ENGINE_PRICES.gluePerDpuHour}/DPU-hour, ` +
  `$${ENGINE_PRICES.emrPerVcpuHour}/vCPU-hour and $${ENGINE_PRICES.emrPerGigabyteHour}/GB-hour. duckdb runs in the worker and costs nothing beside it.`;

export interface EngineCost {
  readonly engine: 'duckdb' | 'athena' | 'glue' | 'emr-serverless';
  readonly dollars: number;
}

/** What Athena bills for a query that scanned so many bytes. One that failed costs nothing; one that was stopped costs what it had scanned. */
export function athenaDollars(scannedBytes: number): number {
  return (Math.max(scannedBytes, ENGINE_PRICES.athenaLeastBytes) / 1e12) * ENGINE_PRICES.athenaPerTerabyte;
}

/** `rows` null: not known; nothing that depends on them is estimated. */
export function estimatedCosts(hours: readonly { readonly bytes: number; readonly rows: number | null }[]): readonly EngineCost[] {
  const landed = hours.filter(({ bytes }) => bytes > 0);
  const athena = landed.reduce((sum, { bytes }) => sum + athenaDollars(bytes), 0);
  const costs: EngineCost[] = [{ engine: 'duckdb', dollars: 0 }, { engine: 'athena', dollars: athena }];
  if (landed.some(({ rows }) => rows === null)) return costs;
  const { linesPerVcpuSecond, vcpus, gigabytes, startSeconds, leastSeconds } = ENGINE_ASSUMPTIONS;
  const seconds = landed.reduce((sum, { rows }) => sum + Math.max(leastSeconds, startSeconds + rows! / (linesPerVcpuSecond * vcpus)), 0);
  return [
    ...costs,
    { engine: 'glue', dollars: (seconds / 3600) * (vcpus / 4) * ENGINE_PRICES.gluePerDpuHour },
    { engine: 'emr-serverless', dollars: (seconds / 3600) * (vcpus * ENGINE_PRICES.emrPerVcpuHour + gigabytes * ENGINE_PRICES.emrPerGigabyteHour) },
  ];
}
