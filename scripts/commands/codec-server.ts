/** `sluice codec-server`: lets the Temporal UI and its command line read encrypted payloads. */
import { once } from 'node:events';
import type { Command } from 'commander';
import { createPayloadCodec } from '../../stores/payload-codec';
import { startCodecServer } from '../../workers/codec-server';
import { stateDir } from '../setup/platform';
import { stackConfiguration } from '../stack/environment';
import { DEFAULT_PORTS } from '../stack/ports';
import { readState } from '../stack/state';
import type { Terminal } from '../terminal';

interface CodecServerCommandOptions {
  readonly host: string;
  readonly origin?: readonly string[];
}

export function addCodecServerCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('codec-server')
    .description('decode payloads for the Temporal UI, behind a token (SLUICE_CODEC_SERVER_TOKEN), until SIGTERM or Ctrl-C')
    .option('--host <address>', 'address to listen on; put TLS in front before it is more than this machine', '127.0.0.1')
    .option('--origin <url...>', 'address of the Temporal UI, as the browser shows it (default: that of the local stack)')
    .addHelpText('after', `
In the UI, "Configure codec server": http://127.0.0.1:8081 and pass the access token. A UI without logins passes none;
there write the token into the endpoint: http://127.0.0.1:8081/<token>
On the command line: temporal workflow show -w <id> --codec-endpoint http://127.0.0.1:8081 --codec-auth "Bearer <token>"`)
    .action(async ({ host, origin = uiOfTheLocalStack() }: CodecServerCommandOptions) => {
      const terminal = terminalOf();
      const configuration = await stackConfiguration();
      const server = await startCodecServer({
        codec: createPayloadCodec(configuration),
        token: configuration.SLUICE_CODEC_SERVER_TOKEN,
        origins: origin.map((url) => url.replace(/\/$/, '')),
        host,
        port: configuration.SLUICE_CODEC_SERVER_PORT,
      });
      if (configuration.SLUICE_CODEC_KEY === undefined) terminal.say('SLUICE_CODEC_KEY is not set: only plain payloads and those of old keys can be read');
      const endpoint = `http://${host}:${server.port}`;
      terminal.result({ endpoint, origins: origin }, () => `codec server: ${endpoint} (for the UI at ${origin.join(', ')})`);
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      await server.close();
    });
}

function uiOfTheLocalStack(): readonly string[] {
  const port = readState(stateDir())?.ports.temporal_ui ?? DEFAULT_PORTS.temporal_ui;
  return [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
}
