/** `sluice tail`: the topic, decoded, as a read-committed consumer sees it. */
import type { Command } from 'commander';
import { maskCards } from '../../contract/cards';
import { parseLandingHour } from '../../contract/landing-hour';
import { openTopic, type TailedRecord } from '../../stores/kafka';
import { openSchemaRegistry } from '../../stores/schema-registry';
import { stackConfiguration } from '../stack/environment';
import type { Terminal } from '../terminal';

interface TailFlags {
  readonly landingHour?: string;
  readonly fromBeginning?: true;
  readonly follow: boolean;
}

export function addTailCommand(program: Command, terminalOf: () => Terminal): void {
  program
    .command('tail')
    .summary('the topic, decoded, one JSON line a record')
    .description('Prints committed records of the topic, one JSON line each, until Ctrl-C. Live, or, for one hour, from the beginning of the topic.')
    .option('--landing-hour <hour>', 'only this UTC hour, like 2026-11-20T10; from the beginning of the topic')
    .option('--from-beginning', 'all that the topic holds, not only what comes from now on')
    .option('--no-follow', 'stop at what is committed now; --json implies it and prints one array')
    .action(async (flags: TailFlags) => {
      const stop = new AbortController();
      const onSignal = (): void => stop.abort();
      process.once('SIGINT', onSignal);
      process.once('SIGTERM', onSignal);
      try {
        await tail(flags, terminalOf(), stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      } finally {
        process.off('SIGINT', onSignal);
        process.off('SIGTERM', onSignal);
      }
    });
}

async function tail(flags: TailFlags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const landingHour = flags.landingHour === undefined ? undefined : parseLandingHour(flags.landingHour);
  const configuration = await stackConfiguration();
  const registry = openSchemaRegistry(configuration);
  const topic = openTopic(configuration, registry, (level, message) => {
    if (level === 'warn') terminal.say(message);
  });
  let before = terminal.json ? '[' : '';
  try {
    const batches = topic.tail({
      ...(landingHour === undefined ? {} : { landingHour }),
      fromBeginning: flags.fromBeginning === true || landingHour !== undefined,
      follow: flags.follow && !terminal.json,
      signal,
    });
    for await (const records of batches) {
      for (const record of records) {
        await write(`${before}${recordLine(record)}${terminal.json ? '' : '\n'}`);
        before = terminal.json ? ',\n' : '';
      }
    }
    if (terminal.json) await write(before === '[' ? '[]\n' : ']\n');
  } finally {
    registry.close();
  }
}

const FREE_TEXT = new Set(['user_id', 'payment_method', 'source_system', 'decline_reason']);

/**
 * int64 and instants as decimal strings. Free text is masked once more: a card number must not reach a terminal. Not the
 * whole line: every tenth timestamp in microseconds would pass for a card.
 */
export function recordLine(record: TailedRecord): string {
  return JSON.stringify(record, (name, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    return typeof value === 'string' && FREE_TEXT.has(name) ? maskCards(value).text : value;
  });
}

/** A reader that is slower than the topic must slow us down, not fill our memory. */
async function write(text: string): Promise<void> {
  if (process.stdout.write(text)) return;
  await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
}
