/** Dead letters as people read them at the terminal, and the shape of their JSON. */
import type { GroupView } from '../activities/dead-letter-cases';
import type { RedriveResult } from '../activities/redrive';
import type { LandingHour } from '../contract/landing-hour';
import type { Reason } from '../contract/payment';
import { table } from './terminal';

export interface CaseView {
  readonly case: string;
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly object: string;
  readonly version: string;
  readonly offset: number;
  readonly length: number;
  readonly lineNumber: number;
  readonly reasons: readonly Reason[];
  readonly raw?: string;
  readonly rawBase64?: string;
  readonly sha256?: string;
  readonly cards: number;
  readonly redrives: readonly { readonly object: string; readonly lineNumber: number; readonly by: string; readonly at: string }[];
  /** with --raw */
  readonly original?: string;
  readonly originalBase64?: string;
}

const SHOWN_OF_A_LINE = 100;

export function shownGroups(groups: readonly GroupView[]): string {
  if (groups.length === 0) return 'no line was refused';
  const overview = table(
    [{ title: 'reason' }, { title: 'lines', right: true }, { title: 'hours', right: true }, { title: 'from' }, { title: 'to' }, { title: 'redriven', right: true }],
    groups.map((group) => [group.reason, String(group.lines), String(group.hours), group.firstHour, group.lastHour, String(group.redriven)]),
  );
  const samples = groups.filter(({ cases }) => cases.length > 0).map(({ reason, cases }) =>
    [reason, ...cases.map((one) => `  ${one.case}  ${clipped(one.raw ?? `base64 ${one.rawBase64 ?? ''}`)}`)].join('\n'));
  return [overview, ...samples, 'Look at one with: npx sluice dead-letters show CASE'].join('\n\n');
}

export function shownCase(view: CaseView): string {
  const rows: readonly (readonly [string, string])[] = [
    ['case', view.case],
    ['reasons', view.reasons.join(', ')],
    ['run', `${view.landingHour} r${view.revision}`],
    ['object', view.object],
    ['version', view.version],
    ['line', `${view.lineNumber}, ${view.length} bytes at offset ${view.offset}`],
    ...(view.sha256 === undefined ? [] : [['sha256', view.sha256] as const]),
    ...(view.cards === 0 ? [] : [['cards', `${view.cards} masked`] as const]),
    ...view.redrives.map(({ object, lineNumber, by, at }) => ['redriven', `line ${lineNumber} of ${object}, by ${by} at ${at}`] as const),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = view.original ?? (view.originalBase64 === undefined ? undefined : `base64 ${view.originalBase64}`)
    ?? view.raw ?? `base64 ${view.rawBase64 ?? ''}`;
  // Bytes of a refused line are a stranger's: they must not steer the terminal.
  return [...rows.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`), '', printable(line)].join('\n');
}

export function shownRedrive({ landingHour, object, found, lines, run }: RedriveResult): string {
  const corrected = lines.filter((line) => line.corrected).length;
  return [
    `${landingHour}: ${lines.length} ${lines.length === 1 ? 'line' : 'lines'} (${corrected} corrected) ${found ? 'had been landed before as' : 'landed as'} ${object}`,
    run.message === 'accepted'
      ? `asked for ${run.workflowId}; see how it ends: npx sluice proof --landing-hour ${landingHour}`
      : `${run.revision === null ? landingHour : `${landingHour} r${run.revision}`}: ${run.state}${run.state === 'proven' ? '' : `: ${run.message}`}`,
  ].join('\n');
}

function clipped(text: string): string {
  const shown = printable(text);
  return shown.length <= SHOWN_OF_A_LINE ? shown : `${shown.slice(0, SHOWN_OF_A_LINE - 1)}…`;
}

function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what it looks for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
