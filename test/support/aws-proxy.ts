/**
 * Between a client and the AWS emulator: passes calls on, notes them, and does to some of them what AWS does to people: throttles, expires their
 * credentials, loses an answer after the work was done. What the emulator cannot do may be answered here.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { InterposedServer, targetOf } from './interposed-server';

const OF_THE_CONNECTION = ['host', 'connection', 'content-length', 'transfer-encoding'];

export type Fault = 'throttle' | 'expired' | 'denied' | 'lost';
export type AwsDocument = Readonly<Record<string, unknown>>;

export interface AwsReply {
  readonly status: number;
  readonly body: AwsDocument;
}

/** Answers a call in the emulator’s place; `forward` asks the emulator. */
export type Answering = (input: AwsDocument, forward: () => Promise<AwsReply>) => Promise<AwsReply> | AwsReply;

export class AwsProxy extends InterposedServer {
  /** what happens to the next calls of a name, one after the other */
  readonly faults: Record<string, Fault[]> = {};
  readonly answering: Record<string, Answering> = {};

  protected nameOf(request: IncomingMessage): string {
    return targetOf(request) ?? '';
  }

  protected async serve(call: string, request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const forward = (): Promise<AwsReply> => this.forward(request, body);
    const fault = this.faults[call]?.shift();
    const { status, body: answer } = fault === undefined || fault === 'lost'
      ? await (this.answering[call]?.(JSON.parse(body.toString('utf8')) as AwsDocument, forward) ?? forward())
      : REFUSALS[fault];
    // The work is done, and nobody hears of it.
    if (fault === 'lost') response.socket?.destroy();
    else response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
  }

  private async forward(request: IncomingMessage, body: Buffer): Promise<AwsReply> {
    const headers = Object.fromEntries(Object.entries(request.headers as Record<string, string>).filter(([name]) => !OF_THE_CONNECTION.includes(name)));
    const answer = await fetch(this.emulator, { method: 'POST', headers, body: new Uint8Array(body) });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as AwsDocument };
  }
}

export function refusal(type: string, message: string): AwsReply {
  return { status: 400, body: { __type: type, message } };
}

const REFUSALS: Readonly<Record<Exclude<Fault, 'lost'>, AwsReply>> = {
  throttle: refusal('ThrottlingException', 'Rate exceeded'),
  expired: refusal('ExpiredTokenException', 'The security token included in the request is expired'),
  denied: refusal('AccessDeniedException', 'You are not authorized to perform this action'),
};
