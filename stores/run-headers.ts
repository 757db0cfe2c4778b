/** Headers of a published record, and how a reader knows the records of one run among others. */
import type { LandingHour } from '../contract/landing-hour';
import type { ChangeOp } from '../contract/payment';
import { headersBlock } from './record-batch';

export type Headers = Readonly<Record<string, Buffer | undefined>>;

/** The run's name: the same for every attempt, since a retry must know the records of the attempt before. */
export function runName(landingHour: LandingHour, revision: number): string {
  return `${landingHour}/r${revision}`;
}

export function runHeaders(landingHour: LandingHour, revision: number, schema: string): Readonly<Record<ChangeOp, Buffer>> {
  const of = (op: ChangeOp): Buffer => headersBlock({
    run: runName(landingHour, revision), 'landing-hour': landingHour, revision: revision.toString(), schema, op,
  });
  return { upsert: of('upsert'), retract: of('retract') };
}

/** Remembers its answer by the object: a run's records share their headers. */
export function isOfRun(landingHour: LandingHour, revision: number): (headers: Headers) => boolean {
  const run = runName(landingHour, revision);
  return remembered((headers) => headers.run?.toString() === run && headers['landing-hour']?.toString() === landingHour
    && headers.revision?.toString() === revision.toString());
}

/** Remembers its answer by the object too. */
export const opOf: (headers: Headers) => ChangeOp = remembered((headers) => (headers.op?.toString() === 'retract' ? 'retract' : 'upsert'));

function remembered<Answer>(answerOf: (headers: Headers) => Answer): (headers: Headers) => Answer {
  const answers = new WeakMap<Headers, Answer>();
  // Of a million records nearly all have the headers of the one before: even to look the answer up would take longer than to compare.
  let last: Headers | null = null;
  let ofLast: Answer;
  return (headers) => {
    if (headers === last) return ofLast;
    let answer = answers.get(headers);
    if (answer === undefined) answers.set(headers, answer = answerOf(headers));
    [last, ofLast] = [headers, answer];
    return answer;
  };
}
