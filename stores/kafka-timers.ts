/**
 * kafkajs 2.2.4 asks for a timer that was due in 1970 wherever no broker has throttled it. It fires at once, as it should, but Node warns of it from
 * 22.12 on: three lines on stderr of every process, among the worker's lines of JSON.
 */
import RequestQueue from 'kafkajs/src/network/requestQueue';

/** In which kafkajs looks for requests that wait, where there are any. */
const SOON_MS = 10;

let kept = false;

export function keepTimersFromThePast(): void {
  if (kept) return;
  kept = true;
  const { prototype } = RequestQueue;
  const { scheduleCheckPendingRequests: schedule } = prototype;
  prototype.scheduleCheckPendingRequests = function scheduleFromNow(this: RequestQueue): void {
    const until = this.throttledUntil;
    // For this call alone, or the queue would take itself for throttled.
    this.throttledUntil = Math.max(until, Date.now() + SOON_MS);
    schedule.call(this);
    this.throttledUntil = until;
  };
}
