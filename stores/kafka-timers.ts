/**
 * kafkajs 2.2.4 asks for a timer that was due in 1970 wherever no broker has throttled it. It fires at once, as it should, but Node warns of it from
 * 22.12 on: three lines on stderr of every process, among the worker's lines of JSON.
 */
import RequestQueue from 'kafkajs/src/network/requestQueue';

let kept = false;

export function keepTimersFromThePast(): void {
  if (kept) return;
  kept = true;
  const { prototype } = RequestQueue;
  const { scheduleCheckPendingRequests: schedule } = prototype;
  prototype.scheduleCheckPendingRequests = function scheduleFromNow(this: RequestQueue): void {
    this.throttledUntil = Math.max(this.throttledUntil, Date.now());
    schedule.call(this);
  };
}
