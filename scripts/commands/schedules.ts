/** `sluice schedules`: the schedule table in Temporal. */
import { Argument, type Command } from 'commander';
import type { Client } from '@temporalio/client';
import { SluiceError } from '../../contract/errors';
import { applySchedules, describeSchedule, SCHEDULES, timesText, type AppliedSchedule } from '../schedules';
import { operator } from '../options';
import { EXIT, table, type Terminal } from '../terminal';
import { withTemporal } from '../with-temporal';

interface PauseOptions {
  readonly all?: boolean;
  readonly note?: string;
  readonly by?: string;
}

export function addSchedulesCommand(program: Command, terminalOf: () => Terminal): void {
  const schedules = program.command('schedules').description('the schedules of the pipelines: apply, list, pause, resume');

  schedules
    .command('apply')
    .description('make Temporal have the schedules of the table; shows what differed; exit 1 if one could not be applied')
    .action(() => withTemporal(async (client, configuration) => {
      const applied = await applySchedules(client, SCHEDULES, configuration);
      terminalOf().result({ schedules: applied }, () => applied.map(appliedText).join('\n'));
      if (applied.some(({ outcome }) => outcome === 'failed')) process.exitCode = EXIT.failed;
    }));

  schedules
    .command('list')
    .description('each schedule: when, whether it is paused, its last and next start, and starts that were missed')
    .action(() => withTemporal(async (client) => {
      const listed = await Promise.all(SCHEDULES.map(({ id }) => listedSchedule(client, id)));
      terminalOf().result({ schedules: listed }, () => table(
        [{ title: 'schedule' }, { title: 'state' }, { title: 'when' }, { title: 'last' }, { title: 'next' }, { title: 'missed', right: true }],
        listed.map((one) => [one.id, one.state, one.when ?? '', one.last ?? '', one.next ?? '', one.missed === null ? '' : String(one.missed)]),
      ));
    }));

  for (const [verb, about] of [['pause', 'starts nothing until it is resumed'], ['resume', 'starts again']] as const) {
    schedules
      .command(verb)
      .description(`${verb} schedules: ${about}`)
      .addArgument(new Argument('[id...]', 'which').choices(SCHEDULES.map(({ id }) => id)))
      .option('--all', 'every schedule of the table')
      .option('--note <text>', 'why, for the Temporal UI')
      .option('--by <name>', 'who asks (default: the login name)')
      .action((ids: readonly string[], options: PauseOptions) => withTemporal(async (client) => {
        const chosen = options.all === true ? SCHEDULES.map(({ id }) => id) : ids;
        if (chosen.length === 0) {
          throw new SluiceError({ kind: 'usage', what: `no schedule to ${verb} is named`, fix: `Name it (${SCHEDULES.map(({ id }) => id).join(', ')}) or say --all` });
        }
        const note = `${verb}d by ${operator(options.by)}${options.note === undefined ? '' : `: ${options.note}`}`;
        for (const id of chosen) {
          if ((await describeSchedule(client, id)) === null) throw unknownSchedule(id);
          const handle = client.schedule.getHandle(id);
          await (verb === 'pause' ? handle.pause(note) : handle.unpause(note));
        }
        terminalOf().result({ [`${verb}d`]: chosen, note }, () => chosen.map((id) => `${id}: ${note}`).join('\n'));
      }));
  }
}

export interface ListedSchedule {
  readonly id: string;
  readonly state: 'active' | 'paused' | 'not applied';
  readonly note: string | null;
  readonly when: string | null;
  readonly last: string | null;
  readonly next: string | null;
  /** starts given up because the catch-up window had passed or the overlap policy dropped them */
  readonly missed: number | null;
}

export async function listedSchedule(client: Client, id: string): Promise<ListedSchedule> {
  const found = await describeSchedule(client, id);
  if (found === null) return { id, state: 'not applied', note: null, when: null, last: null, next: null, missed: null };
  const { state, info, spec } = found;
  return {
    id,
    state: state.paused ? 'paused' : 'active',
    note: state.note === undefined || state.note === '' ? null : state.note,
    when: timesText(spec),
    last: info.recentActions.at(-1)?.scheduledAt.toISOString() ?? null,
    next: state.paused ? null : (info.nextActionTimes[0]?.toISOString() ?? null),
    missed: info.numActionsMissedCatchupWindow + info.numActionsSkippedOverlap,
  };
}

export function appliedText({ id, outcome, differences, error }: AppliedSchedule): string {
  const lines = [`${id}: ${outcome === 'same' ? 'as it should be' : outcome}${error === null ? '' : `: ${error}`}`];
  for (const { field, was, is } of differences) lines.push(`  ${field}: ${was} → ${is}`);
  return lines.join('\n');
}

function unknownSchedule(id: string): SluiceError {
  return new SluiceError({ kind: 'usage', what: 'Temporal has no such schedule', on: id, fix: 'Run `npx sluice schedules apply` first' });
}
