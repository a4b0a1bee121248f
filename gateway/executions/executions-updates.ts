import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../plugins/errors.ts';
import { compilePattern } from '../../plugins/noetl-auth/access/pattern.ts';
import type { RootCall } from '../operations/root-call.ts';
import { visiblePaths } from '../operations/visible-rows.ts';
import { executionView } from './execution.ts';
import type { ExecutionDetail } from './execution-detail.ts';
import { stateOf } from './executions.ts';
import { renewedIfKnown } from './renewed-call.ts';
import type { Snapshot } from './snapshots.ts';
import type { Update, UpdatesOptions } from './update.ts';

/** Between two reads of the list, which all streams share, milliseconds. */
const listMs = 1_000;
/** Running executions that are looked at for each read: NoETL's list never shows some of their ends. */
const maxLooks = 8;

/** Executions that begin, and those that end, from now on. Session and rights are asked for at each look. */
export async function* listUpdates(
  opened: RootCall,
  { executions, maxResultBytes, maxPathsPerAnswer }: UpdatesOptions,
  left: AbortSignal,
): AsyncGenerator<Update> {
  let call = opened;
  const wanted = pathFilter(call.decision.args['path']);
  const states = new Map<string, string>();
  let isFirst = true;
  for (; !left.aborted; await sleep(listMs, undefined, { signal: left }).catch(() => {})) {
    const renewed = await renewedIfKnown(call);
    if (renewed === undefined) continue;
    call = renewed;
    const { context } = call;
    const rows = await executions.newest().catch(() => undefined);
    const listed = [...(rows?.values() ?? [])].filter(wanted);
    // Where it cannot be found out, a row is not shown.
    const may = (path: string) => context.mayOnExecution('view', path).catch(() => false);
    const visible = await visiblePaths(listed.map(pathOf), may, maxPathsPerAnswer);
    const shown = listed.filter((row) => visible.has(pathOf(row) ?? ''));
    const news = await newStates(shown, states, executions);
    // What was there before is not news; what runs is followed.
    for (const snapshot of isFirst ? [] : news) {
      yield () => executionView(snapshot, () => executions.outcome(snapshot, {}), maxResultBytes);
    }
    if (rows !== undefined) keepOnly(states, rows);
    isFirst &&= rows === undefined;
  }
}

const pathOf = ({ path }: ExecutionDetail): string | undefined => path;

/** @throws ERR_REQUEST_INVALID */
function pathFilter(path: unknown): (row: ExecutionDetail) => boolean {
  if (path === undefined || path === null) return () => true;
  if (typeof path !== 'string' || path === '') {
    throw new GatewayError('ERR_REQUEST_INVALID', 'path must be a catalog path, or a pattern such as data/*');
  }
  const matches = compilePattern(path);
  return (row) => row.path !== undefined && matches(row.path);
}

/** Executions whose state is another one than before. */
async function newStates(
  rows: readonly ExecutionDetail[],
  states: Map<string, string>,
  executions: UpdatesOptions['executions'],
): Promise<readonly Snapshot[]> {
  const news: Snapshot[] = [];
  for (const id of changedIds(rows, states)) {
    const snapshot = await executions.look(id, {}).catch(() => undefined);
    if (snapshot === undefined || states.get(id) === stateOf(snapshot)) continue;
    states.set(id, stateOf(snapshot));
    news.push(snapshot);
  }
  return news;
}

/** Rows whose claim is new, and some of those that run. */
function changedIds(rows: readonly ExecutionDetail[], states: Map<string, string>): readonly string[] {
  const changed: string[] = [];
  const running: string[] = [];
  for (const { id, claim } of rows) {
    const known = states.get(id);
    if (known === undefined && claim !== 'RUNNING' && states.size === 0) states.set(id, claim);
    else if (known === undefined || known !== claim) changed.push(id);
    else if (claim === 'RUNNING') running.push(id);
  }
  return [...changed, ...running.slice(0, maxLooks)];
}

function keepOnly(states: Map<string, string>, rows: ReadonlyMap<string, unknown>): void {
  for (const id of states.keys()) if (!rows.has(id)) states.delete(id);
}
