/** So many halves of an int64 add up to less than 2^53 either way. */
const MOST_HALVES = 2 ** 20;

/** A sum of int64s, each given as its two halves: a bigint for each of a million rows would be thrown away again. Exact, however large it becomes. */
export class ExactSum {
  private whole = 0n;
  private low = 0;
  private high = 0;
  private halves = 0;

  add(low: number, high: number): void {
    this.addHalves(low >>> 0, high, 1);
  }

  /** Of so many int64s, at most a few thousand, the halves added up; the lower ones without a sign. */
  addHalves(low: number, high: number, count: number): void {
    this.low += low;
    this.high += high;
    this.halves += count;
    if (this.halves >= MOST_HALVES) this.settle();
  }

  addWhole(value: bigint): void {
    this.whole += value;
  }

  value(): bigint {
    this.settle();
    return this.whole;
  }

  private settle(): void {
    this.whole += (BigInt(this.high) << 32n) + BigInt(this.low);
    this.low = 0;
    this.high = 0;
    this.halves = 0;
  }
}
