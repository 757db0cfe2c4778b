/**
 * A crawler that does as it is told, in front of the real catalogue: moto's own stays RUNNING for ever and crawls nothing. Every
 * other call goes through to it.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const OF_THE_CONNECTION = ['host', 'connection', 'content-length', 'transfer-encoding'];

export interface CrawlerState {
  readonly State: 'READY' | 'RUNNING' | 'STOPPING';
  readonly LastCrawl?: { readonly Status: string; readonly ErrorMessage?: string; readonly StartTime: number; readonly LogGroup?: string; readonly LogStream?: string };
}

export class ScriptedCrawler {
  readonly calls: string[] = [];
  running = false;
  /** what GetCrawler answers, one after the other; the last one stays */
  states: CrawlerState[] = [{ State: 'READY' }];
  private server: Server | undefined;

  constructor(private readonly catalogue: string) {}

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        void this.answer(String(request.headers['x-amz-target']).replace(/^AWSGlue\./, ''), request.headers as Record<string, string>, Buffer.concat(chunks))
          .then(({ status, body }) => response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body));
      });
    });
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private async answer(call: string, headers: Record<string, string>, body: Buffer): Promise<{ readonly status: number; readonly body: string }> {
    this.calls.push(call);
    if (call === 'StartCrawler') {
      return this.running ? { status: 400, body: JSON.stringify({ __type: 'CrawlerRunningException', message: 'it is running' }) } : { status: 200, body: '{}' };
    }
    if (call === 'StopCrawler') return { status: 200, body: '{}' };
    if (call === 'GetCrawler') {
      const state = this.states.length > 1 ? this.states.shift() : this.states[0];
      return { status: 200, body: JSON.stringify({ Crawler: { Name: 'c', ...state } }) };
    }
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)));
    const answer = await fetch(this.catalogue, { method: 'POST', headers: kept, body: new Uint8Array(body) });
    return { status: answer.status, body: await answer.text() };
  }
}
