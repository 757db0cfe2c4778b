/**
 * The rounds of one hour's workflow. Everybody who wants the hour asks here; an asker joins the round that will see what the
 * asker saw, which is the one that has not yet listed the lake. Asked again with the same id, it is the same asking.
 */
import type { RunRequest } from '../contract/run';

export class Rounds<Answer> {
  private current = 0;
  /** the current round has begun to list the lake: later askers need another */
  private listing = true;
  private readonly roundOf = new Map<string, number>();
  private readonly requests = new Map<number, RunRequest[]>();
  private readonly landed = new Map<number, Answer>();
  private readonly done = new Map<number, Answer>();

  /** The round that contains what the asker saw, and whether the asker joined one that others had asked for. */
  ask(request: RunRequest): { readonly round: number; readonly attached: boolean } {
    const known = this.roundOf.get(request.requestId);
    if (known !== undefined) return { round: known, attached: this.requests.get(known)![0]!.requestId !== request.requestId };
    const round = this.listing ? this.current + 1 : this.current;
    const others = this.requests.get(round) ?? [];
    this.requests.set(round, [...others, request]);
    this.roundOf.set(request.requestId, round);
    return { round, attached: others.length > 0 };
  }

  get askedAgain(): boolean {
    return this.requests.has(this.current + 1);
  }

  /** Opens the next round; until `beginListing` everybody who asks joins it. */
  next(): { readonly round: number; readonly requests: () => readonly RunRequest[] } {
    this.current += 1;
    this.listing = false;
    const round = this.current;
    return { round, requests: () => this.requests.get(round) ?? [] };
  }

  beginListing(): void {
    this.listing = true;
  }

  /** The lake had nothing yet: the round lists again later, so askers may join once more. */
  listedNothing(): void {
    this.listing = false;
  }

  asked(round: number): number {
    return this.requests.get(round)?.length ?? 0;
  }

  settleLanded(round: number, answer: Answer): void {
    this.landed.set(round, answer);
  }

  settleDone(round: number, answer: Answer): void {
    this.done.set(round, answer);
  }

  answer(round: number, waitFor: RunRequest['waitFor']): Answer | undefined {
    return this.done.get(round) ?? (waitFor === 'landed' ? this.landed.get(round) : undefined);
  }
}
