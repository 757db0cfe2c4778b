/** A server between a client and an emulator: notes the calls. What becomes of each is for whoever extends it to say. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export abstract class InterposedServer {
  /** names of the calls, in their order, faults included */
  readonly calls: string[] = [];
  private server: Server | undefined;

  constructor(protected readonly emulator: string) {}

  async start(): Promise<string> {
    this.server = createServer((request, response) => { void this.receive(request, response); });
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  count(call: string): number {
    return this.calls.filter((name) => name === call).length;
  }

  protected abstract nameOf(request: IncomingMessage): string;
  protected abstract serve(call: string, request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void>;

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = this.nameOf(request);
    this.calls.push(call);
    await this.serve(call, request, Buffer.concat(chunks), response);
  }
}

/** Glue and Athena name their calls in a header. */
export function targetOf({ headers }: IncomingMessage): string | null {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? target.replace(/^.*\./, '') : null;
}
