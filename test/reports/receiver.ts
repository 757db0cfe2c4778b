/** Somebody else's server, to which webhooks go. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Got {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export class Receiver {
  readonly got: Got[] = [];
  /** what the next requests are answered, one after the other; then 204 */
  readonly answers: number[] = [];
  /** before the first request is answered */
  onFirst: () => void = () => undefined;

  private constructor(private readonly server: Server) {}

  static async open(): Promise<Receiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => { chunks.push(chunk); });
      request.on('end', () => {
        receiver.got.push({ path: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() });
        if (receiver.got.length === 1) receiver.onFirst();
        const status = receiver.answers.shift() ?? 204;
        response.writeHead(status, status === 307 ? { location: `${receiver.address}elsewhere` } : {}).end();
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const receiver = new Receiver(server);
    return receiver;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** What was sent to an address below it, parsed. */
  sent<Body>(path: string): readonly Body[] {
    return this.got.filter((one) => one.path === path).map(({ body }) => JSON.parse(body) as Body);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => { resolve(); });
      this.server.closeAllConnections();
    });
  }
}
