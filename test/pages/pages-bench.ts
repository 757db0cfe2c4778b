/** Two real hours behind the pages, with refused lines and hostile text, and a browser that has a key. */
import { hoursAfter, type LandingHour } from '../../contract/landing-hour';
import { generateLines } from '../../scripts/generate/lines';
import { ApiBench } from '../api/api-bench';
import { freshHour, line } from '../support/hour-bench';
import { Browsing } from './browser';

const PATIENCE_MS = 300_000;
export const SCRIPT = '<script>alert(1)</script><img src=x onerror=alert(2)>';

export class PagesBench {
  private constructor(readonly api: ApiBench, readonly browsing: Browsing, readonly hour: LandingHour, readonly later: LandingHour) {}

  static async open(more: Readonly<Record<string, string>> = {}): Promise<PagesBench> {
    const api = await ApiBench.open(more);
    api.bench.startWorker();
    const hour = `${freshHour().slice(0, 10)}T10` as LandingHour;
    const later = hoursAfter(hour, 2);
    await api.bench.land(hour, 'a.json', Buffer.concat([...generateLines({ landingHour: hour, lines: 2_000, merchants: 12, seed: 7, bad: 0.01, duplicates: 0.05, late: 0 })]));
    await api.bench.land(hour, 'b.json', [
      line(hour, { payment_id: 'p1', merchant_id: 'shop', status: 'CAPTURED', amount_cents: 123456, source_system: 'till' }),
      line(hour, { payment_id: 'p2', merchant_id: 'shop', status: 'DECLINED', decline_reason: SCRIPT, currency: 'KWD', amount_cents: '9007199254740993' }),
      line(hour, { payment_id: 'p3', merchant_id: 'shop', status: 'declined', amount_cents: 5 }),
      `{"payment_id": "p4", "note": "${SCRIPT}"`,
    ].join('\n'));
    await api.bench.land(later, 'a.json', line(later, { payment_id: 'p1', merchant_id: 'shop', status: 'SETTLED', amount_cents: 123456, source_system: 'till', created_at: `${later}:00:00Z` }));
    for (const answer of await Promise.all([api.bench.ask(hour, {}, PATIENCE_MS), api.bench.ask(later, {}, PATIENCE_MS)])) expect(answer).toMatchObject({ state: 'proven' });
    return new PagesBench(api, await Browsing.open(api.api.address), hour, later);
  }

  get day(): string {
    return this.hour.slice(0, 10);
  }

  signIn(key: string = this.api.keys.all!): Promise<void> {
    return this.browsing.signIn(key);
  }

  async close(): Promise<void> {
    await this.browsing.close();
    await this.api.close();
  }
}
