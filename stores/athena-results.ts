/** The rows of a query that has succeeded, a page at a time, with their types. */
import { GetQueryResultsCommand, type AthenaClient, type ColumnInfo, type Row } from '@aws-sdk/client-athena';
import { lakeTypeOf, readRow, type LakeColumn, type LakeRow } from '../contract/lake-answer';
import { athenaError } from './athena-errors';

const ROWS_OF_A_PAGE = 1000;

export interface ResultPage {
  readonly columnInfo: readonly ColumnInfo[];
  readonly rows: readonly LakeRow[];
}

export async function* rowPages(client: AthenaClient, queryId: string, signal: AbortSignal): AsyncGenerator<ResultPage> {
  let token: string | undefined;
  let isFirst = true;
  do {
    signal.throwIfAborted();
    const { ResultSet: set, NextToken: next } = await page(client, queryId, token);
    const columnInfo = set?.ResultSetMetadata?.ColumnInfo ?? [];
    const columns = columnsOf(columnInfo);
    // The first row of a SELECT’s first page is the columns’ names.
    const rows = (set?.Rows ?? []).slice(isFirst ? 1 : 0);
    yield { columnInfo, rows: rows.map((row) => readRow(columns, textsOf(row))) };
    isFirst = false;
    token = next;
  } while (token !== undefined);
}

export function columnsOf(columnInfo: readonly ColumnInfo[]): readonly LakeColumn[] {
  return columnInfo.map(({ Name: name, Type: type, Precision: precision, Scale: scale }) => ({
    name: name!, type: lakeTypeOf(name!, type === 'decimal' ? `decimal(${precision ?? 38},${scale ?? 0})` : type ?? ''),
  }));
}

/** A value that is absent is null; an empty text is there and empty. */
function textsOf({ Data: data }: Row): readonly (string | null)[] {
  return (data ?? []).map(({ VarCharValue: text }) => text ?? null);
}

async function page(client: AthenaClient, queryId: string, token: string | undefined) {
  try {
    return await client.send(new GetQueryResultsCommand({ QueryExecutionId: queryId, MaxResults: ROWS_OF_A_PAGE, ...(token === undefined ? {} : { NextToken: token }) }));
  } catch (error) {
    throw athenaError('cannot read the query’s answer', `query ${queryId}`, error);
  }
}
