/** Every statement that Athena may be given: the questions, with and without what may be left out, and the views'. */
import { lakeStatement } from '../../activities/lake-statement';
import type { LakeQuestion } from '../../contract/lake-question';
import type { LandingHour } from '../../contract/landing-hour';
import { catalogViews } from '../../stores/catalog-views';

export interface AskedOf {
  readonly before: string;
  readonly day: string;
  readonly after: string;
  readonly hours: readonly LandingHour[];
  readonly shop: string;
  readonly odd: string;
  readonly paymentIds: readonly string[];
}

export function everyQuestion({ before, day, after, hours, shop, odd, paymentIds }: AskedOf): readonly LakeQuestion[] {
  const days = { from: before, to: after };
  return [
    ...[null, shop, odd].flatMap((merchant): LakeQuestion[] => [
      { name: 'current-payments', ...days, merchant }, { name: 'current-payments', from: day, to: day, merchant }, { name: 'reports/daily-recon', day, merchant },
      { name: 'reports/refund-rate', ...days, merchant }, { name: 'reports/declines', ...days, merchant },
    ]),
    ...[shop, odd].map((merchant): LakeQuestion => ({ name: 'committed-totals', day, merchant })),
    ...[null, 'card', "o'pay", 'none'].map((paymentMethod): LakeQuestion => ({ name: 'reports/latency', ...days, merchant: null, paymentMethod })),
    ...[shop, odd].map((merchant): LakeQuestion => ({ name: 'reports/latency', ...days, merchant, paymentMethod: 'card' })),
    ...hours.map((landingHour): LakeQuestion => ({ name: 'hour-sums', landingHour, ...days })),
    ...paymentIds.map((paymentId): LakeQuestion => ({ name: 'payment-versions', paymentId, ...days })),
  ];
}

/** By the name of the file that it comes from. */
export function everyStatement(of: AskedOf): readonly { readonly file: string; readonly sql: string }[] {
  const views = catalogViews('wallet_db', 'lake').map(({ Name, ViewOriginalText }) => ({
    file: VIEW_FILES[Name]!,
    sql: (JSON.parse(Buffer.from(/: (\S+) \*\/$/.exec(ViewOriginalText!)![1]!, 'base64').toString('utf8')) as { readonly originalSql: string }).originalSql,
  }));
  return [...views, ...everyQuestion(of).map((question) => ({ file: `${question.name}.sql`, sql: lakeStatement(question) }))];
}

const VIEW_FILES: Readonly<Record<string, string>> = { committed_files: 'views/committed-files.sql', curated: 'views/curated.sql', current_payments: 'winners.sql' };
