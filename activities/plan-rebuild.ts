/**
 * planRebuild: the next page of hours that lake or ledger know, with the revision that Kafka has of each. With the first page the ledger is
 * told that Postgres lacks hours, if it does; else it reads only. Any attempt may be killed. A Kafka that does not answer holds nothing up: every published revision has its folder in the lake too.
 */
import { isLandingHour, type LandingHour } from '../contract/landing-hour';
import { RUNS_PREFIX } from '../contract/lake-layout';
import type { PlanRebuildInput, PlanRebuildResult } from '../contract/rebuild';
import type { PaymentsTopic } from '../stores/kafka';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { withHeartbeat } from './heartbeat';

export interface PlanRebuildParts {
  readonly lake: Lake;
  readonly ledger: Pick<Ledger, 'hoursWithRevisions' | 'unknownHours' | 'beginRebuild'>;
  readonly topic: Pick<PaymentsTopic, 'publishedRevisions'>;
}

export function createPlanRebuild({ lake, ledger, topic }: PlanRebuildParts) {
  return async function planRebuild({ after, limit, begin }: PlanRebuildInput): Promise<PlanRebuildResult> {
    return withHeartbeat(async () => {
      const inLake = (await lake.folders(RUNS_PREFIX)).filter((name): name is LandingHour => isLandingHour(name) && (after === null || name > after));
      if (begin !== undefined) {
        const unknown = await ledger.unknownHours(inLake);
        if (unknown > 0) await ledger.beginRebuild(begin.workflowRunId, begin.by, unknown);
      }
      // One more than a page, to see whether there are more. Hours that only the ledger knows must be named, not passed over.
      const inLedger = await ledger.hoursWithRevisions(after, limit + 1);
      const left = [...new Set([...inLake, ...inLedger])].sort();
      const page = left.slice(0, limit);
      const published = page.length === 0 ? new Map<LandingHour, number>() : await topic.publishedRevisions(page).catch(() => null);
      return {
        hours: page.map((landingHour) => ({ landingHour, published: published?.get(landingHour) ?? 0 })),
        more: left.length > page.length,
        topicAsked: published !== null,
      };
    });
  };
}
