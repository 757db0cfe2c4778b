/** Rows into the spool as Avro, from DuckDB's memory to the frames' bytes. */
import type { ChangeOp } from '../../contract/payment';
import type { SumsOfRows } from '../../contract/sums';
import { readSql } from '../../sql/read-sql';
import { CompiledFrames, HELD_TYPES } from './frames/compiled-frames';
import type { Lane } from './lane';
import { RowVectors } from './row-vectors';
import type { Spool } from './spool';

/** What a chunk of rows came to. */
export interface Framed {
  readonly rows: number;
  readonly isNew: number;
}

/** `select` answers with the curated columns and `is_new`. */
export async function* avroFrames(lane: Lane, select: string, op: ChangeOp, spool: Spool, sums: SumsOfRows): AsyncGenerator<Framed> {
  await lane.view('rows_to_publish', select);
  const compiled = new CompiledFrames(spool.header);
  // A mebibyte is two or three vectors: DuckDB's threads stood still while these were encoded.
  for await (const chunk of lane.streamChunks(readSql('difference/published-bytes.duckdb.sql'), HELD_TYPES, '32MB')) {
    // Frames take the place of those before them, which were written while the chunk was fetched.
    await spool.appended();
    const vectors = new RowVectors(chunk);
    let isNew = 0;
    for (const encoded of compiled.encode(vectors, op, sums)) {
      isNew += encoded.isNew;
      spool.append(encoded.frames);
      if (encoded.to < vectors.rows) await spool.appended();
    }
    yield { rows: vectors.rows, isNew };
  }
}
