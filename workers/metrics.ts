/** What the worker counts, for Prometheus. Learned from the stages' own results, so that an activity need not think of it. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DeliverReportResult } from '../contract/daily-report';
import type { ReconcileAnswer } from '../contract/reconciled-day';
import type { CurateResult, LandResult, LoadResult, ProveResult, PublishResult } from '../contract/stages';

export type StageOutcome = 'done' | 'failed' | 'cancelled';

export interface ScheduleMisses {
  readonly schedule: string;
  /** starts that Temporal gave up, since boot or overlap took longer than the catch-up window */
  readonly missed: number;
  /** of the latest start, against its scheduled time; an overdue one counts up to now */
  readonly latenessSeconds: number;
}

/** An hour takes from half a second to a quarter of one. */
const STAGE_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600];

export class Metrics {
  readonly registry = new Registry();
  private readonly lines = this.counter('sluice_lines_total', 'Raw lines by what became of them', ['outcome']);
  private readonly rows = this.counter('sluice_rows_total', 'Rows through a stage', ['stage']);
  private readonly bytes = this.counter('sluice_bytes_total', 'Bytes read (land) and written (curate)', ['stage']);
  private readonly deadLetters = this.counter('sluice_dead_letters_total', 'Reasons of dead letters', ['reason']);
  private readonly cards = this.counter('sluice_cards_total', 'Card numbers seen in raw lines', []);
  private readonly proofs = this.counter('sluice_proofs_total', 'Proofs by state', ['state']);
  private readonly missing = this.counter('sluice_missing_hours_total', 'Landing hours without any object by their deadline', []);
  private readonly quarantined = this.counter('sluice_quarantined_objects_total', 'Objects that could not be read to their end', []);
  private readonly reconciliations = this.counter('sluice_reconciliations_total', 'Reconciliations of a day by how they ended', ['state']);
  private readonly differing = this.counter('sluice_differing_rows_total', 'Rows that a reconciliation found to differ', ['store', 'cause']);
  private readonly repairs = this.counter('sluice_repairs_total', 'Repairs of an hour by how they ended', ['action', 'outcome']);
  private readonly reports = this.counter('sluice_report_deliveries_total', 'Reports and restatements that a recipient took', ['channel', 'outcome']);
  private readonly seconds = new Histogram({
    name: 'sluice_stage_seconds', help: 'Seconds of an attempt of a stage', labelNames: ['stage', 'outcome'], buckets: STAGE_SECONDS, registers: [this.registry],
  });

  constructor() {
    // Alarms compare with zero: a series that appears only with the first broken hour has no rate at that moment.
    for (const state of ['proven', 'broken', 'empty']) this.proofs.inc({ state }, 0);
    this.missing.inc(0);
    for (const state of ['agrees', 'repaired', 'differs', 'refused', 'ask_timed_out']) this.reconciliations.inc({ state }, 0);
  }

  stageEnded(stage: string, outcome: StageOutcome, seconds: number): void {
    this.seconds.observe({ stage, outcome }, seconds);
  }

  /** What a finished activity learned; activities that learn nothing countable are not known here. */
  learned(activity: string, result: unknown): void {
    switch (activity) {
      case 'land': return this.landed(result as LandResult);
      case 'curate': return this.curated(result as CurateResult);
      case 'publish': return this.rows.inc({ stage: 'publish' }, (result as PublishResult).published);
      case 'load': return this.loaded(result as LoadResult);
      case 'closeReconciliation': return this.reconciled(result as ReconcileAnswer);
      case 'deliverReport': return this.delivered(result as DeliverReportResult);
      case 'prove': return this.proofs.inc({ state: (result as ProveResult).state });
    }
  }

  /** Asked at each scrape: the truth about a schedule is in Temporal, also after a restart of the worker. */
  watchSchedules(read: () => Promise<readonly ScheduleMisses[]>): void {
    const watch = (name: string, help: string, valueOf: (misses: ScheduleMisses) => number): void => {
      const gauge: Gauge = new Gauge({
        name, help, labelNames: ['schedule'], registers: [this.registry],
        collect: async () => {
          for (const misses of await read()) gauge.set({ schedule: misses.schedule }, valueOf(misses));
        },
      });
    };
    watch('sluice_schedule_misses', 'Scheduled starts that were given up', ({ missed }) => missed);
    watch('sluice_schedule_lateness_seconds', 'Start of the latest scheduled run after its time', ({ latenessSeconds }) => latenessSeconds);
  }

  private landed(result: LandResult): void {
    if (result.outcome === 'missing') this.missing.inc();
    if (result.outcome === 'landed') this.bytes.inc({ stage: 'land' }, result.bytes);
  }

  private curated(result: CurateResult): void {
    this.lines.inc({ outcome: 'curated' }, result.curated);
    this.lines.inc({ outcome: 'duplicate' }, result.duplicates);
    this.lines.inc({ outcome: 'dead' }, result.dead);
    this.lines.inc({ outcome: 'blank' }, result.blank);
    this.lines.inc({ outcome: 'erased' }, result.erased);
    for (const [reason, count] of Object.entries(result.reasons)) this.deadLetters.inc({ reason }, count);
    this.cards.inc(result.cards);
    this.quarantined.inc(result.quarantined);
    this.rows.inc({ stage: 'curate' }, result.curated);
    this.bytes.inc({ stage: 'curate' }, result.bytes);
  }

  private loaded(result: LoadResult): void {
    this.rows.inc({ stage: 'load' }, result.won + result.updated + result.stale + result.alreadyThere + result.retracted);
  }

  private delivered({ channel, outcome }: DeliverReportResult): void {
    if (outcome === 'report' || outcome === 'restatement') this.reports.inc({ channel, outcome });
  }

  private reconciled({ state, differing, repairs }: ReconcileAnswer): void {
    this.reconciliations.inc({ state });
    for (const { store, causes } of differing) {
      for (const [cause, count] of Object.entries(causes)) this.differing.inc({ store, cause }, count);
    }
    for (const { action, outcome } of repairs) this.repairs.inc({ action, outcome });
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
