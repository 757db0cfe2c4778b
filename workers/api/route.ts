/** What a route is. The table of them is all that the server, the access rules and the OpenAPI document are made from. */
import type { z } from 'zod';
import type { ApiKey, Scope } from '../../contract/api-keys';
import type { Format } from './format';
import type { ProblemName } from './problems';
import type { TableColumn, TableRow } from '../../contract/table';

export interface Asked<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly caller: ApiKey;
  /** in which format the answer is wanted: json where the route has no columns */
  readonly as: Format;
  /** whether whoever asks has the answer of this state of the data already */
  hasAnswerOf(revision: string): boolean;
  readonly signal: AbortSignal;
}

export interface Answer<Body> {
  /** undefined: unchanged, and the caller has it */
  readonly body?: Body;
  /** which state of the data it is of: with the question, the ETag */
  readonly revision?: string;
  /** for CSV and Parquet; `body` is then not needed */
  readonly table?: AsyncIterable<readonly TableRow[]>;
  readonly location?: string;
  /** in place of the body: it is on its way, 202 */
  readonly accepted?: unknown;
}

export type Method = 'GET' | 'POST';

export interface Route<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType, Answered extends z.ZodType> {
  readonly method: Method;
  /** with places like {hour} */
  readonly path: string;
  readonly tag: 'reports' | 'payments' | 'operations';
  readonly summary: string;
  readonly about?: string;
  readonly scope: Scope;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** 200 unless said otherwise */
  readonly status?: 200 | 202;
  readonly answer: Answered;
  /** of the 202 with which it may answer in place of the answer itself */
  readonly accepted?: z.ZodType;
  /** columns of the table that CSV and Parquet are made of; absent: JSON only */
  readonly columns?: readonly TableColumn[];
  /** whether an ETag is sent */
  readonly cached?: true;
  /** besides those that any route has */
  readonly problems?: readonly ProblemName[];
  handle(asked: Asked<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Answer<z.input<Answered>>>;
}

export type AnyRoute = Route<z.ZodObject, z.ZodObject, z.ZodType, z.ZodType>;

/** Keeps the types of its parts together while it is written, and lets go of them for the table. */
export function route<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType, Answered extends z.ZodType>(
  one: Route<Params, Query, Body, Answered>,
): AnyRoute {
  return one as unknown as AnyRoute;
}
