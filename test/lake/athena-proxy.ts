/**
 * Athena as far as moto goes (workgroups, executions, results that it was told), and what it lacks: request tokens, states, statistics and pages.
 */
import { AwsProxy, type AwsDocument, type AwsReply } from '../support/aws-proxy';

export interface ScriptedState {
  readonly State: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly StateChangeReason?: string;
  readonly AthenaError?: AwsDocument;
  readonly scanned?: number;
}

export interface ScriptedColumn {
  readonly Name: string;
  readonly Type: string;
  readonly Precision?: number;
  readonly Scale?: number;
}

export class AthenaProxy extends AwsProxy {
  /** query ids in the order in which the emulator began them */
  readonly begun: string[] = [];
  readonly stopped: string[] = [];
  /** tokens, one for each time that a query was asked for */
  readonly asked: string[] = [];
  /** for each query, in the order of their beginning, what GetQueryExecution says, one after the other; the last stays */
  states: ScriptedState[][] = [];
  /** rows on a page, the header among them */
  rowsOfPage = Infinity;
  /** queries that Athena has forgotten */
  readonly forgotten = new Set<string>();
  private readonly tokens = new Map<string, string>();

  constructor(private readonly motoUrl: string, private readonly region: string) {
    super(motoUrl);
    this.answering.StartQueryExecution = async (input, forward) => {
      const token = String(input.ClientRequestToken);
      this.asked.push(token);
      const known = this.tokens.get(token);
      if (known !== undefined) return { status: 200, body: { QueryExecutionId: known } };
      const reply = await forward();
      if (reply.status === 200) {
        const id = String(reply.body.QueryExecutionId);
        this.tokens.set(token, id);
        this.begun.push(id);
      }
      return reply;
    };
    this.answering.GetQueryExecution = async (input, forward) => this.execution(String(input.QueryExecutionId), forward);
    this.answering.StopQueryExecution = async (input, forward) => {
      this.stopped.push(String(input.QueryExecutionId));
      return forward();
    };
    this.answering.GetQueryResults = async (input, forward) => this.page(input, await forward());
  }

  /** The answer to the next query that begins. */
  async willAnswer(columns: readonly ScriptedColumn[], rows: readonly (readonly (string | null)[])[]): Promise<void> {
    const cells = (texts: readonly (string | null)[]) => ({ Data: texts.map((text) => (text === null ? {} : { VarCharValue: text })) });
    const answer = await fetch(`${this.motoUrl}/moto-api/static/athena/query-results`, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ region: this.region, results: [{ rows: [cells(columns.map(({ Name }) => Name)), ...rows.map(cells)], column_info: columns }] }),
    });
    if (answer.status !== 201) throw new Error(`moto did not take the answer: ${answer.status}`);
  }

  private async execution(id: string, forward: () => Promise<AwsReply>): Promise<AwsReply> {
    if (this.forgotten.has(id)) return { status: 400, body: { __type: 'InvalidRequestException', message: `QueryExecution ${id} was not found` } };
    const { status, body } = await forward();
    const script = this.states[this.begun.indexOf(id)];
    const said = script === undefined ? undefined : script.length > 1 ? script.shift() : script[0];
    if (said === undefined) return { status, body };
    const { scanned, ...more } = said;
    const execution = body.QueryExecution as { readonly Status: AwsDocument; readonly Statistics: AwsDocument };
    return {
      status,
      body: {
        QueryExecution: {
          ...execution, Status: { ...execution.Status, ...more },
          Statistics: { ...execution.Statistics, ...(scanned === undefined ? {} : { DataScannedInBytes: scanned }) },
        },
      },
    };
  }

  private page(input: AwsDocument, { status, body }: AwsReply): AwsReply {
    if (status !== 200 || this.rowsOfPage === Infinity) return { status, body };
    const set = body.ResultSet as { readonly Rows: readonly unknown[] };
    const from = Number(input.NextToken ?? 0);
    const to = from + this.rowsOfPage;
    return {
      status,
      body: { ...body, ResultSet: { ...set, Rows: set.Rows.slice(from, to) }, ...(to < set.Rows.length ? { NextToken: String(to) } : {}) },
    };
  }
}
