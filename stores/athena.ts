/**
 * A question to Athena: start or attach, wait for its end, read the answer page by page. The request token is made of the asking, so whoever asks
 * again after a crash or a lost answer is given the query that is already at work and nothing is scanned (and paid) twice.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AthenaClient, GetQueryExecutionCommand, GetWorkGroupCommand, StartQueryExecutionCommand, StopQueryExecutionCommand, type QueryExecution,
} from '@aws-sdk/client-athena';
import type { Configuration } from '../contract/configuration';
import { athenaDollars } from '../contract/engine-prices';
import { SluiceError } from '../contract/errors';
import type { LakeColumn, LakeRow } from '../contract/lake-answer';
import { athenaError, endOf, isOverLimit, mayBeAskedAgain, scansTooMuch, vanished } from './athena-errors';
import { columnsOf, rowPages } from './athena-results';
import { isCancel } from './cancellation';

export interface AthenaQuery {
  readonly sql: string;
  /** names this asking: asked again with the same name and text it attaches; another name is another query */
  readonly askedAs: string;
}

export interface AthenaWatch {
  /** a cancel stops the query; a worker’s shutdown leaves it for the retry to find */
  readonly signal: AbortSignal;
  readonly progress: (step: string) => void;
  readonly pollMs?: number;
}

export interface AthenaAnswer {
  readonly queryId: string;
  readonly columns: readonly LakeColumn[];
  readonly scannedBytes: number;
  /** at list price: an estimate, no bill */
  readonly dollars: number;
  /** once: pages are fetched as they are asked for */
  readonly pages: () => AsyncGenerator<readonly LakeRow[]>;
}

export interface AthenaPlace {
  readonly database: string;
  readonly workgroup: string;
  /** absent: as the workgroup says */
  readonly output: string | undefined;
  /** most bytes that a query may scan */
  readonly scanBytes: number;
}

/** Former attempts that ended badly keep their tokens: the next one is tried, up to so many. */
const FORMER_ATTEMPTS = 8;
const FIRST_POLL_MS = 250;
const SLOWEST_POLL_MS = 4_000;

export class Athena {
  private isLimited = false;

  constructor(private readonly client: AthenaClient, private readonly place: AthenaPlace) {}

  async ask(query: AthenaQuery, watch: AthenaWatch): Promise<AthenaAnswer> {
    await this.assertLimited();
    const begun = await this.startOrAttach(query);
    const queryId = begun.QueryExecutionId!;
    try {
      const done = await this.ended(queryId, begun, watch);
      const scannedBytes = done.Statistics?.DataScannedInBytes ?? 0;
      const pages = rowPages(this.client, queryId, watch.signal);
      const first = await pages.next();
      const columns = first.done === true ? [] : columnsOf(first.value.columnInfo);
      return {
        queryId, columns, scannedBytes, dollars: athenaDollars(scannedBytes),
        async *pages() {
          if (first.done === true) return;
          yield first.value.rows;
          for await (const { rows } of pages) yield rows;
        },
      };
    } catch (error) {
      if (watch.signal.aborted && isCancel(watch.signal.reason)) await this.stop(queryId);
      throw error;
    }
  }

  close(): void {
    this.client.destroy();
  }

  /** A workgroup without a cut-off would let one careless question scan the whole lake. Looked at once in a process. */
  private async assertLimited(): Promise<void> {
    if (this.isLimited) return;
    const { workgroup, scanBytes, output } = this.place;
    const refuse = (what: string, fix: string): SluiceError => new SluiceError({ kind: 'configuration', what, on: `workgroup ${workgroup}`, fix, fields: { workgroup } });
    const found = await this.workgroup(workgroup);
    if (found === null) throw refuse('there is no such Athena workgroup', 'Create it (docs/deploy-it.md) or set SLUICE_ATHENA_WORKGROUP');
    if (found.State === 'DISABLED') throw refuse('the Athena workgroup is disabled', 'Enable it or set SLUICE_ATHENA_WORKGROUP');
    const { BytesScannedCutoffPerQuery: cutOff, ResultConfiguration: result, ManagedQueryResultsConfiguration: managed } = found.Configuration ?? {};
    if (cutOff === undefined || cutOff > scanBytes) {
      throw refuse(
        cutOff === undefined ? 'the Athena workgroup lets a query scan any number of bytes' : `the Athena workgroup lets a query scan ${cutOff} bytes and SLUICE_ATHENA_SCAN_BYTES is ${scanBytes}`,
        `aws athena update-work-group --work-group ${workgroup} --configuration-updates BytesScannedCutoffPerQuery=${scanBytes}`,
      );
    }
    if (output === undefined && result?.OutputLocation === undefined && managed?.Enabled !== true) {
      throw refuse('nobody says where Athena is to write results', 'Give the workgroup an output location or set SLUICE_ATHENA_OUTPUT');
    }
    this.isLimited = true;
  }

  private async workgroup(name: string) {
    try {
      return (await this.client.send(new GetWorkGroupCommand({ WorkGroup: name }))).WorkGroup ?? null;
    } catch (error) {
      if ((error as Error).name === 'InvalidRequestException' && /not found|does not exist/i.test((error as Error).message)) return null;
      throw athenaError('cannot read the Athena workgroup', `workgroup ${name}`, error);
    }
  }

  /** A token stays with its query for good, also where that failed, was stopped or is forgotten: then the asking’s next token is due. */
  private async startOrAttach(query: AthenaQuery): Promise<QueryExecution> {
    for (let former = 0; ; former += 1) {
      const queryId = await this.start(query, former);
      let found: QueryExecution;
      try {
        found = await this.execution(queryId);
      } catch (error) {
        if (isGone(error) && former < FORMER_ATTEMPTS) continue;
        throw error;
      }
      const state = found.Status?.State;
      const endedBadly = state === 'FAILED' || state === 'CANCELLED';
      if (!endedBadly || !mayBeAskedAgain(found) || former === FORMER_ATTEMPTS) return { ...found, QueryExecutionId: queryId };
    }
  }

  private async start({ sql, askedAs }: AthenaQuery, former: number): Promise<string> {
    const { database, workgroup, output } = this.place;
    try {
      const { QueryExecutionId: queryId } = await this.client.send(new StartQueryExecutionCommand({
        QueryString: sql, QueryExecutionContext: { Database: database }, WorkGroup: workgroup,
        ClientRequestToken: createHash('sha256').update(JSON.stringify([database, workgroup, askedAs, sql, former])).digest('hex'),
        ...(output === undefined ? {} : { ResultConfiguration: { OutputLocation: output } }),
      }));
      return queryId!;
    } catch (error) {
      throw athenaError('cannot start the query', `workgroup ${workgroup}`, error);
    }
  }

  private async ended(queryId: string, begun: QueryExecution, { signal, progress, pollMs }: AthenaWatch): Promise<QueryExecution> {
    let wait = pollMs ?? FIRST_POLL_MS;
    for (let seen = begun; ;) {
      const { State: state } = seen.Status ?? {};
      const scanned = seen.Statistics?.DataScannedInBytes ?? 0;
      progress(`Athena query ${queryId} is ${state ?? 'QUEUED'}${scanned > 0 ? `, ${scanned} bytes scanned` : ''}`);
      if (state === 'SUCCEEDED') return seen;
      if (isOverLimit(seen)) throw scansTooMuch(queryId, this.place.workgroup, scanned, this.place.scanBytes);
      if (state === 'FAILED' || state === 'CANCELLED') throw endOf(seen);
      if (scanned > this.place.scanBytes) {
        await this.stop(queryId);
        throw scansTooMuch(queryId, this.place.workgroup, scanned, this.place.scanBytes);
      }
      await sleep(wait, undefined, { signal });
      wait = pollMs ?? Math.min(wait * 1.5, SLOWEST_POLL_MS);
      seen = { ...await this.execution(queryId), QueryExecutionId: queryId };
    }
  }

  private async execution(queryId: string): Promise<QueryExecution> {
    try {
      return (await this.client.send(new GetQueryExecutionCommand({ QueryExecutionId: queryId }))).QueryExecution ?? {};
    } catch (error) {
      if ((error as Error).name === 'InvalidRequestException' && /not found/i.test((error as Error).message)) throw vanished(queryId, error);
      throw athenaError('cannot ask how the query stands', `query ${queryId}`, error);
    }
  }

  private async stop(queryId: string): Promise<void> {
    try {
      await this.client.send(new StopQueryExecutionCommand({ QueryExecutionId: queryId }));
    } catch (error) {
      throw athenaError('cannot stop the query', `query ${queryId}`, error);
    }
  }
}

export function openAthena(configuration: Configuration): Athena {
  const client = new AthenaClient({
    region: configuration.SLUICE_AWS_REGION,
    ...(configuration.SLUICE_AWS_ENDPOINT === undefined ? {} : { endpoint: configuration.SLUICE_AWS_ENDPOINT }),
    maxAttempts: 4,
  });
  return new Athena(client, {
    database: configuration.SLUICE_GLUE_DATABASE, workgroup: configuration.SLUICE_ATHENA_WORKGROUP, output: configuration.SLUICE_ATHENA_OUTPUT,
    scanBytes: configuration.SLUICE_ATHENA_SCAN_BYTES,
  });
}

function isGone(error: unknown): boolean {
  return error instanceof SluiceError && error.fields.vanished === true;
}
