/** What was counted over lines; kept apart for an object whose end is not yet seen, so that it can be given up. */
import { maskCards } from '../../contract/cards';
import type { DeadLetter, Reason } from '../../contract/payment';
import type { UnknownField } from '../../contract/stages';
import { SentLines } from './lines/sent-lines';

/** Names come from whoever lands lines; without a bound they would fill memory and the report. */
const MOST_NAMES = 1000;
const LONGEST_NAME = 200;
const OTHER_NAMES = '(other names)';

export class Tally {
  lines = 0;
  blank = 0;
  dead = 0;
  erased = 0;
  cards = 0;
  readonly sent = new SentLines();
  readonly reasons = new Map<Reason, number>();
  private readonly unknown = new Map<string, { count: number; firstSeen: string; order: number }>();

  addLetter(letter: Pick<DeadLetter, 'reasons'>): void {
    this.dead += 1;
    for (const reason of letter.reasons) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  /** `order` says which of two was seen first. */
  addUnknown(name: string, count: number, firstSeen: string, order: number): void {
    const shown = maskCards(name).text.slice(0, LONGEST_NAME);
    const key = this.unknown.has(shown) || this.unknown.size < MOST_NAMES ? shown : OTHER_NAMES;
    const known = this.unknown.get(key);
    if (known === undefined) this.unknown.set(key, { count, firstSeen, order });
    else {
      known.count += count;
      if (order < known.order) Object.assign(known, { firstSeen, order });
    }
  }

  add(other: Tally): void {
    this.lines += other.lines;
    this.blank += other.blank;
    this.dead += other.dead;
    this.erased += other.erased;
    this.cards += other.cards;
    this.sent.addAll(other.sent);
    for (const [reason, count] of other.reasons) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + count);
    for (const [name, { count, firstSeen, order }] of other.unknown) this.addUnknown(name, count, firstSeen, order);
  }

  unknownFields(): readonly UnknownField[] {
    return [...this.unknown]
      .map(([field, { count, firstSeen }]) => ({ field, count, firstSeen }))
      .sort((a, b) => b.count - a.count || (a.field < b.field ? -1 : 1));
  }
}
