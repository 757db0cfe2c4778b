/** Headers of a published record, and how a reader knows the records of one run among others. */
import type { IHeaders } from 'kafkajs';
import type { LandingHour } from '../contract/landing-hour';
import type { ChangeOp } from '../contract/payment';

type Headers = Readonly<Record<string, Buffer | undefined>>;

/** The run's name: the same for every attempt, since a retry must know the records of the attempt before. */
export function runName(landingHour: LandingHour, revision: number): string {
  return `${landingHour}/r${revision}`;
}

export function runHeaders(landingHour: LandingHour, revision: number, schema: string): Readonly<Record<ChangeOp, IHeaders>> {
  const of = (op: ChangeOp): IHeaders => ({
    run: Buffer.from(runName(landingHour, revision)),
    'landing-hour': Buffer.from(landingHour),
    revision: Buffer.from(revision.toString()),
    schema: Buffer.from(schema),
    op: Buffer.from(op),
  });
  return { upsert: of('upsert'), retract: of('retract') };
}

export function isOfRun(landingHour: LandingHour, revision: number): (headers: Headers) => boolean {
  const run = Buffer.from(runName(landingHour, revision));
  const hour = Buffer.from(landingHour);
  const number = Buffer.from(revision.toString());
  return (headers) => headers.run?.equals(run) === true && headers['landing-hour']?.equals(hour) === true
    && headers.revision?.equals(number) === true;
}

export function opOf(headers: Headers): ChangeOp {
  return headers.op?.toString() === 'retract' ? 'retract' : 'upsert';
}
