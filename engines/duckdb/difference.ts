/** What a revision changes against the last loaded one, written as the frames that the producer sends. */
import { open } from 'node:fs/promises';
import { encodeCurated } from '../../contract/curated-record';
import { hourStart } from '../../contract/landing-hour';
import type { ChangeOp } from '../../contract/payment';
import { NO_SUMS, SumsOfRows, type Sums } from '../../contract/sums';
import { readSql } from '../../sql/read-sql';
import type { DifferenceJob, DifferenceOutcome } from '../engine';
import { avroFrames, type Framed } from './avro-frames';
import { curatedRows, viewOfFiles } from './curated-rows';
import type { JobContext } from './job-context';
import { fill, type Lane } from './lane';
import { Spool } from './spool';
import { sumsOf } from './sums-of-rows';

export async function difference(job: DifferenceJob, context: JobContext): Promise<DifferenceOutcome> {
  const lane = await context.openWhole();
  await viewOfFiles(lane, 'now_rows', job.now);
  await viewOfBase(lane, job);
  const spool = new Spool(await open(job.spool, 'w'), Buffer.from(job.valueHeader, 'base64'));
  const framesOf = job.format === 'avro' ? avroFrames : jsonFrames;
  let compared = 0;
  const spooled = async (op: ChangeOp, rows: string): Promise<{ readonly sums: Sums; readonly isNew: number }> => {
    const sums = new SumsOfRows();
    let isNew = 0;
    for await (const added of framesOf(lane, rows, op, spool, sums)) {
      await spool.flushIfFull();
      isNew += added.isNew;
      compared += added.rows;
      context.progress({ step: 'comparing', lines: compared });
    }
    return { sums: sums.result(), isNew };
  };
  try {
    const all = job.publish === 'all';
    const upserted = await spooled('upsert', job.base.length === 0 ? readSql('difference/all-new.sql') : fill(readSql('difference/upserts.sql'), { all: String(all) }));
    const retracted = await spooled('retract', readSql('difference/retracts.sql'));
    await spool.flush();
    return {
      base: await lane.count('base_rows'),
      new: upserted.isNew,
      upserted: upserted.sums.rows,
      retracted: retracted.sums.rows,
      unchanged: all ? NO_SUMS : await sumsOf(lane, readSql('difference/unchanged.sql')),
      upserts: upserted.sums,
    };
  } finally {
    await spool.close();
  }
}

async function* jsonFrames(lane: Lane, select: string, op: ChangeOp, spool: Spool, sums: SumsOfRows): AsyncGenerator<Framed> {
  for await (const rows of curatedRows(lane, select)) {
    let isNew = 0;
    for (const { row, isNew: first } of rows) {
      sums.add(row);
      if (first) isNew += 1;
      spool.add(op, Buffer.from(row.payment_id, 'utf8'), encodeCurated('json', row));
    }
    yield { rows: rows.length, isNew };
  }
}

/** Everything is published where something is to be put right: then the base itself may be what somebody wrote to. */
async function viewOfBase(lane: Lane, { base, publish, landingHour }: DifferenceJob): Promise<void> {
  if (publish === 'changed' || base.length === 0) return viewOfFiles(lane, 'base_rows', base);
  await viewOfFiles(lane, 'base_files', base);
  const hour = { hour: `${hourStart(landingHour).getTime()}000` };
  const [[isOdd]] = await lane.rows(fill(readSql('difference/base-is-odd.duckdb.sql'), hour)) as [[boolean]];
  await lane.view('base_rows', isOdd ? fill(readSql('difference/base-of-hour.duckdb.sql'), hour) : readSql('difference/base-as-it-is.duckdb.sql'));
}
