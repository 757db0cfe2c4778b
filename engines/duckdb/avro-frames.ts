/** Rows into the spool as Avro, field after field in the order of CURATED_COLUMNS, from DuckDB's memory to the frame's bytes. */
import { AvroWriter } from '../../contract/avro-writer';
import type { ChangeOp } from '../../contract/payment';
import { SummedParts, type SumsOfRows } from '../../contract/sums';
import { readSql } from '../../sql/read-sql';
import type { Lane } from './lane';
import { RowVectors, type BooleanVector, type Float64Vector, type Int32Vector, type Int64Vector, type TextRun } from './row-vectors';
import type { Spool } from './spool';

const TYPES = [
  'VARCHAR', 'BIGINT', 'BIGINT', 'BIGINT', 'BIGINT', 'BIGINT', 'BIGINT', 'BIGINT', 'DOUBLE', 'BIGINT', 'BIGINT', 'BIGINT', 'BIGINT', 'BIGINT',
  'DATE', 'INTEGER', 'BIGINT', 'BOOLEAN', 'BOOLEAN', 'BIGINT', 'INTEGER', 'BIGINT', 'BIGINT', 'BOOLEAN',
];

/** What a chunk of rows came to. */
export interface Framed {
  readonly rows: number;
  readonly isNew: number;
}

/** `select` answers with the curated columns and `is_new`. */
export async function* avroFrames(lane: Lane, select: string, op: ChangeOp, spool: Spool, sums: SumsOfRows): AsyncGenerator<Framed> {
  await lane.view('rows_to_publish', select);
  for await (const chunk of lane.streamChunks(readSql('difference/published-bytes.duckdb.sql'), TYPES)) {
    const rows = new AvroRows(new RowVectors(chunk));
    yield { rows: rows.count, isNew: rows.into(op, spool, sums) };
  }
}

const writer = new AvroWriter();

class AvroRows {
  readonly count: number;
  private readonly texts: readonly TextRun[];
  private readonly paymentId: Int64Vector;
  private readonly merchantId: Int64Vector;
  private readonly userId: Int64Vector;
  private readonly amountCents: Int64Vector;
  private readonly currency: Int64Vector;
  private readonly status: Int64Vector;
  private readonly paymentMethod: Int64Vector;
  private readonly riskScore: Float64Vector;
  private readonly authorizedAt: Int64Vector;
  private readonly completedAt: Int64Vector;
  private readonly createdAt: Int64Vector;
  private readonly sourceSystem: Int64Vector;
  private readonly declineReason: Int64Vector;
  private readonly dt: Int32Vector;
  private readonly hour: Int32Vector;
  private readonly authorizedToCompleteMs: Int64Vector;
  private readonly isApproved: BooleanVector;
  private readonly isRefunded: BooleanVector;
  private readonly processedAt: Int64Vector;
  private readonly curatedVersion: Int32Vector;
  private readonly landingHour: Int64Vector;
  private readonly rowHash: Int64Vector;
  private readonly isNew: BooleanVector;
  private readonly avro = writer;
  private readonly summed = new SummedParts();
  /** the row's texts, and where in them the next one begins */
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;

  /** In the order of the statement's columns. */
  constructor(vectors: RowVectors) {
    this.count = vectors.rows;
    this.texts = vectors.text();
    this.paymentId = vectors.int64();
    this.merchantId = vectors.int64();
    this.userId = vectors.int64();
    this.amountCents = vectors.int64();
    this.currency = vectors.int64();
    this.status = vectors.int64();
    this.paymentMethod = vectors.int64();
    this.riskScore = vectors.float64();
    this.authorizedAt = vectors.int64();
    this.completedAt = vectors.int64();
    this.createdAt = vectors.int64();
    this.sourceSystem = vectors.int64();
    this.declineReason = vectors.int64();
    this.dt = vectors.int32();
    this.hour = vectors.int32();
    this.authorizedToCompleteMs = vectors.int64();
    this.isApproved = vectors.boolean();
    this.isRefunded = vectors.boolean();
    this.processedAt = vectors.int64();
    this.curatedVersion = vectors.int32();
    this.landingHour = vectors.int64();
    this.rowHash = vectors.int64();
    this.isNew = vectors.boolean();
    vectors.mustBeThere(
      this.paymentId, this.merchantId, this.amountCents, this.currency, this.status, this.createdAt, this.dt, this.hour, this.isApproved,
      this.isRefunded, this.processedAt, this.curatedVersion, this.landingHour, this.rowHash, this.isNew,
    );
  }

  into(op: ChangeOp, spool: Spool, sums: SumsOfRows): number {
    let isNew = 0;
    for (const { from, to, bytes, starts } of this.texts) {
      this.bytes = bytes;
      for (let row = from; row < to; row += 1) {
        const start = starts[row]!;
        this.at = start;
        this.encode(row, sums);
        spool.addPart(op, bytes, start, start + this.paymentId.low(row), this.avro.bytes, this.avro.at);
        if (this.isNew.value(row)) isNew += 1;
      }
    }
    return isNew;
  }

  private encode(row: number, sums: SumsOfRows): void {
    const { avro } = this;
    avro.begin();
    this.text(this.paymentId, row);
    this.text(this.merchantId, row);
    this.nullableText(this.userId, row);
    this.long(this.amountCents, row);
    this.summed.currencyStart = this.at;
    this.text(this.currency, row);
    this.summed.currencyEnd = this.at;
    this.summed.statusStart = this.at;
    this.text(this.status, row);
    this.summed.statusEnd = this.at;
    this.sum(row, sums);
    this.nullableText(this.paymentMethod, row);
    if (avro.branch(this.riskScore.has(row))) avro.double(this.riskScore.value(row));
    this.nullableLong(this.authorizedAt, row);
    this.nullableLong(this.completedAt, row);
    this.long(this.createdAt, row);
    this.nullableText(this.sourceSystem, row);
    this.nullableText(this.declineReason, row);
    avro.int(this.dt.value(row));
    avro.int(this.hour.value(row));
    this.nullableLong(this.authorizedToCompleteMs, row);
    avro.boolean(this.isApproved.value(row));
    avro.boolean(this.isRefunded.value(row));
    this.long(this.processedAt, row);
    avro.int(this.curatedVersion.value(row));
    this.long(this.landingHour, row);
    this.long(this.rowHash, row);
  }

  private sum(row: number, sums: SumsOfRows): void {
    const { summed } = this;
    summed.bytes = this.bytes;
    summed.centsLow = this.amountCents.low(row);
    summed.centsHigh = this.amountCents.high(row);
    summed.hashLow = this.rowHash.low(row);
    summed.hashHigh = this.rowHash.high(row);
    sums.addParts(summed);
  }

  private text(length: Int64Vector, row: number): void {
    const end = this.at + length.low(row);
    this.avro.text(this.bytes, this.at, end);
    this.at = end;
  }

  private nullableText(length: Int64Vector, row: number): void {
    if (this.avro.branch(length.has(row))) this.text(length, row);
  }

  private long(vector: Int64Vector, row: number): void {
    this.avro.halves(vector.low(row), vector.high(row));
  }

  private nullableLong(vector: Int64Vector, row: number): void {
    if (this.avro.branch(vector.has(row))) this.long(vector, row);
  }
}
