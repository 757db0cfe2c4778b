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
  const answers = new WeakMap<Headers, boolean>();
  // Of a million that follow one another with the same headers not even the map is asked.
  let [last, ofLast]: [Headers | null, boolean] = [null, false];
  return (headers) => {
    if (headers === last) return ofLast;
    last = headers;
    ofLast = answers.get(headers) ?? look(headers);
    return ofLast;
  };

  function look(headers: Headers): boolean {
    const answer = headers.run?.toString() === run && headers['landing-hour']?.toString() === landingHour
      && headers.revision?.toString() === revision.toString();
    answers.set(headers, answer);
    return answer;
  }
}

const ops = new WeakMap<Headers, ChangeOp>();

/** Remembers its answer by the object too. */
export function opOf(headers: Headers): ChangeOp {
  const known = ops.get(headers);
  if (known !== undefined) return known;
  const op = headers.op?.toString() === 'retract' ? 'retract' : 'upsert';
  ops.set(headers, op);
  return op;
}
