/** Askings wait, up to a day. On a queue of their own they never take the place of a stage that they wait for. */
export function requestQueueOf(taskQueue: string): string {
  return `${taskQueue}-requests`;
}
