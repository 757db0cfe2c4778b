/**
 * reconcile: every store that holds a day's payments against what was proven, and, where it may, the smallest repairs that heal,
 * each proven and compared again. Promises: with `repair: off` nothing is touched; above the cap somebody approves first; the report
 * says all of it. Killed anywhere, it goes on where it was. Run a second time, it finds nothing left to repair.
 */
import { ApplicationFailure, CancellationScope, defineQuery, isCancellation, log, patched, setHandler, workflowInfo } from '@temporalio/workflow';
import { counted } from '../contract/amount-text';
import type { LandingHour } from '../contract/landing-hour';
import type { DayFindings, Decision, ReconcileAnswer, ReconcileInput, ReconcileStatus, RepairedHour } from '../contract/reconciled-day';
import type { RollupFindings } from '../contract/reconciled-rollups';
import type { DayScope, DayState, HourDifference, HourInScope, RawFinding, StoreComparison } from '../contract/reconciliation';
import { planRepairs, type PlannedRepair } from '../contract/repair';
import { checkRaw, closeReconciliation, compareStores, endReconciliation, openReconciliation, reconcileScope, tell } from './day-activities';
import { DayApproval } from './day-approval';
import { askAgain, askedHour, carryOut, judgeRepairs, type RepairedOnce } from './day-repairs';
import { mendRollups, NOT_LOOKED_AT, seeRollups } from './day-rollups';
import { DayView } from './day-view';
import { messageOf } from './failure-kind';
import { checkReconcileInput } from './reconcile-input';

export const reconcileStatus = defineQuery<ReconcileStatus>('reconcileStatus');

/** What the smallest repair did not heal is made again from raw; what that does not heal is somebody's to look at. */
const ATTEMPTS_AT_MOST = 2;

/** Reconciliations that began before the roll-ups were looked at end without it. */
const ROLLUPS_TOO = 'roll-ups-are-compared';

export async function reconcile(given: ReconcileInput): Promise<ReconcileAnswer> {
  const input = checkReconcileInput(given);
  const { date } = input;
  const { runId } = workflowInfo();
  const view = new DayView(runId, date);
  setHandler(reconcileStatus, () => view.status, { description: 'How the day stands, and what waits for approval' });
  let answer: ReconcileAnswer;
  try {
    answer = await goThrough(input, view);
  } catch (error) {
    await CancellationScope.nonCancellable(() => endEarly(runId, error, view));
    throw error;
  }
  const { state, message } = answer;
  view.end(state, message);
  if (isGood(state)) return answer;
  await tell({ date, reconciliationId: runId, state, message }, view);
  // Red in the list is what the night's reader looks for.
  throw ApplicationFailure.nonRetryable(message, state, answer);
}

/** The ledger must not say for ever that it goes on. What it repaired until then stays repaired. */
async function endEarly(reconciliationId: string, error: unknown, view: DayView): Promise<void> {
  const state = isCancellation(error) ? 'cancelled' : 'failed';
  const message = state === 'cancelled' ? 'it was cancelled; hours that it asked for go on by themselves' : messageOf(error);
  view.end(state, message);
  try {
    await endReconciliation({ reconciliationId, state, message });
  } catch (unnoted) {
    log.error('the ledger could not be told that the reconciliation is over', { error: unnoted });
  }
}

async function goThrough(given: ReconcileInput, view: DayView): Promise<ReconcileAnswer> {
  const { date, repair = 'off', by = 'Temporal start', deep = false, scheduled = false } = given;
  const { runId, workflowId } = workflowInfo();
  const startedAt = new Date().toISOString();
  const approval = new DayApproval(view);
  const opened = await openReconciliation({ reconciliationId: runId, date, repair, by, deep, scheduled, workflowId });
  const acts = opened.repair !== 'off';

  view.say('looking at what landed since');
  const raw = await checkRaw({ date });
  for (const { landingHour, kind, message } of raw) view.learn(`- raw, ${landingHour}: ${kind.replace('_', ' ')}: ${message}`);
  let scope = await reconcileScope({ date });
  const again = acts ? hoursToAskAgain(raw, scope.hours) : [];
  if (again.length > 0) view.say(`asking for ${again.length} hours again`);
  const asked = (await askAgain(again.map((landingHour) => ({ landingHour, publish: 'changed', id: `${runId}/raw` })), date)).map(askedHour);
  if (asked.length > 0) scope = await reconcileScope({ date });

  const compare = (hours: readonly HourInScope[], round: number) => compareStores(scope, { reconciliationId: runId, date, hours, round, deep }, view);
  const first = await compare(scope.hours, 1);
  const rollups = patched(ROLLUPS_TOO) ? await seeRollups({ reconciliationId: runId, date, round: 1 }, view) : NOT_LOOKED_AT;
  const cells = rollups.compared?.differing ?? 0;
  const failed = [...first.failed, ...rollups.failed];
  let left: readonly StoreComparison[] = first.comparisons;
  const comparedAgain: StoreComparison[] = [];
  const repaired: RepairedOnce[] = [];
  const repairs: RepairedHour[] = [];
  let decision: Decision | null = null;
  let allowed = Infinity;
  for (let attempt = 1; acts && attempt <= ATTEMPTS_AT_MOST; attempt += 1) {
    const planned = planRepairs(left, scope.hours, repaired.map((one) => one.planned), fencedHours(repaired));
    if (planned.length === 0) break;
    if (attempt === 1) {
      view.plan(planned);
      decision = await approval.askIfNeeded(planned, cells, rowsOf(scope.hours), opened);
      if (decision !== null && decision.decision !== 'approved') break;
      allowed = rowsOf(planned);
    }
    // More than was approved, or than was below the cap, is another repair.
    if (rowsOf(planned) > allowed) break;
    const done = await carryOut(planned, decision?.by ?? 'auto', view);
    repaired.push(...done);
    scope = await reconcileScope({ date });
    const touched = new Set(planned.map(({ landingHour }) => landingHour));
    const second = await compare(scope.hours.filter(({ landingHour }) => touched.has(landingHour)), attempt + 1);
    failed.push(...second.failed);
    comparedAgain.push(...second.comparisons);
    repairs.push(...judgeRepairs(done, second.failed.length > 0 ? null : second.comparisons));
    left = second.comparisons;
  }
  if (acts && cells > 0) decision ??= await approval.askIfNeeded([], cells, rowsOf(scope.hours), opened);
  const mayAct = acts && (decision === null || decision.decision === 'approved');
  // Last: what was repaired above changed them by its difference, as every change of a payment does.
  const mended = mayAct && cells > 0 ? await mendRollups({ reconciliationId: runId, date }, rollups.compared!, decision?.by ?? 'auto', view) : null;

  const unproven = mayAct ? hoursToProve(raw, scope.hours) : [];
  const proofs = (await askAgain(unproven.map((landingHour) => ({ landingHour, publish: 'changed', id: `${runId}/proof` })), date)).map(askedHour);
  if (proofs.length > 0) scope = await reconcileScope({ date });

  const problems = [...failed, ...rollupProblems({ compared: rollups.compared, repair: mended }), ...problemsOf({ raw, acts, asked: [...asked, ...proofs], hours: scope.hours, left: left.flatMap(({ hours }) => hours) })];
  const state = stateOf(decision, problems, repairs.length > 0 || mended !== null);
  const findings: DayFindings = {
    reconciliationId: runId, date, state, message: messageFor(state, problems, { repairs, mended }, scope.hours, first.comparisons), problems, repair: opened.repair, deep, by,
    startedAt, hours: scope.hours, raw, asked: [...asked, ...proofs], compared: first.comparisons, comparedAgain, decision, repairs,
    ...(rollups === NOT_LOOKED_AT ? {} : { rollups: { compared: rollups.compared, repair: mended } }),
  };
  view.say('writing the report');
  return closeReconciliation(findings);
}

export function isGood(state: DayState): boolean {
  return state === 'agrees' || state === 'repaired';
}

/** What landed since is an ordinary run; an hour that is under way, or was cut off, is compared when it is through. */
function hoursToAskAgain(raw: readonly RawFinding[], hours: DayScope['hours']): readonly LandingHour[] {
  const landed = raw.filter(({ kind }) => kind === 'new' || kind === 'changed' || kind === 'late').map(({ landingHour }) => landingHour);
  const open = hours.filter(({ state, revision }) => state === 'open' && revision !== null).map(({ landingHour }) => landingHour);
  return [...new Set([...landed, ...open])].sort();
}

/** Broken once, and nothing differs any more. Whose objects are gone waits for an operator. */
function hoursToProve(raw: readonly RawFinding[], hours: DayScope['hours']): readonly LandingHour[] {
  const forPeople = new Set(raw.filter(({ kind }) => kind === 'raw_gone' || kind === 'control').map(({ landingHour }) => landingHour));
  return hours.filter(({ landingHour, state, revision }) => state === 'broken' && revision !== null && !forPeople.has(landingHour)).map(({ landingHour }) => landingHour);
}

interface Seen {
  readonly raw: readonly RawFinding[];
  readonly acts: boolean;
  readonly asked: DayFindings['asked'];
  readonly hours: DayScope['hours'];
  readonly left: readonly HourDifference[];
}

function problemsOf({ raw, acts, asked, hours, left }: Seen): readonly string[] {
  const problems = left.map((hour) => hour.first);
  const told = new Set(left.map(({ landingHour }) => landingHour));
  for (const { landingHour, kind, message } of raw) {
    const runSince = acts && kind !== 'raw_gone' && kind !== 'control';
    if (runSince && hours.some((hour) => hour.landingHour === landingHour && (hour.state === 'proven' || hour.state === 'empty'))) continue;
    problems.push(`${landingHour}: ${message.startsWith(kind) ? message : `${kind.replace('_', ' ')}: ${message}`}`);
    told.add(landingHour);
  }
  for (const { landingHour, state } of hours) {
    if (told.has(landingHour) || (state !== 'broken' && state !== 'open')) continue;
    const words = asked.findLast((hour) => hour.landingHour === landingHour)?.message;
    problems.push(`${landingHour} is ${state}${words === undefined ? '' : `: ${words}`}`);
  }
  return problems;
}

function rollupProblems({ compared, repair }: RollupFindings): readonly string[] {
  if (compared === null || compared.first === null || repair?.outcome === 'healed') return [];
  return [repair === null ? compared.first : `the roll-ups could not be put right: ${repair.message}`];
}

function stateOf(decision: Decision | null, problems: readonly string[], repaired: boolean): DayState {
  if (decision?.decision === 'refused') return 'refused';
  if (decision?.decision === 'timed_out') return 'ask_timed_out';
  if (problems.length > 0) return 'differs';
  return repaired ? 'repaired' : 'agrees';
}

function messageFor(
  state: DayState, problems: readonly string[], { repairs, mended }: { readonly repairs: readonly RepairedHour[]; readonly mended: RollupFindings['repair'] },
  hours: DayScope['hours'], compared: readonly StoreComparison[],
): string {
  const held = `${counted(hours.length, 'hour')}, ${counted(rowsOf(hours), 'row')}`;
  if (state === 'agrees') return `${held}: ${compared.map(({ store }) => store).join(', ')} agree with what was proven`;
  if (state === 'repaired') {
    const healed = repairs.filter(({ outcome }) => outcome === 'healed');
    const [rowsHealed, hoursHealed] = [rowsOf(healed), new Set(healed.map(({ landingHour }) => landingHour)).size];
    const rows = `${counted(rowsHealed, 'row')} that differed in ${counted(hoursHealed, 'hour')} ${rowsHealed === 1 ? 'was' : 'were'} put right and proven again`;
    const again = mended === null ? '' : `the roll-ups, ${mended.cells} cells of which differed, were made again from the payments`;
    return `${held}: ${[...(repairs.length === 0 ? [] : [rows]), ...(again === '' ? [] : [again])].join('; ')}`;
  }
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return `${problems[0] ?? 'nothing was touched'}${more}`;
}

function fencedHours(repaired: readonly RepairedOnce[]): ReadonlySet<LandingHour> {
  return new Set(repaired.filter(({ fenced }) => fenced).map(({ planned }) => planned.landingHour));
}

function rowsOf(parts: readonly Pick<PlannedRepair, 'rows'>[]): number {
  return parts.reduce((sum, { rows }) => sum + rows, 0);
}
