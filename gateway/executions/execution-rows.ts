import { idText } from '../../plugins/json/lossless-json.ts';
import { parseExecutionState } from '../../plugins/noetl/execution-state.ts';
import { isJsonObject, type JsonObject } from '../../plugins/noetl/json-object.ts';
import type { Asking } from './execution-reads.ts';
import { type Executions, stateOf } from './executions.ts';
import type { Snapshot } from './snapshots.ts';

/** Executions of one list that are looked at to settle their state; the rest are as NoETL lists them. */
const maxLooks = 24;
const looksAtOnce = 8;

/**
 * Rows of a list with the state that `execution` shows. NoETL's list reports RUNNING for ever for runs without a terminal
 * event, and FAILED for runs that still work; those are looked at, and an end that is found is remembered.
 * @param rows in the documented form, those that the caller may see
 */
export async function withSettledStates(
  rows: readonly unknown[],
  executions: Executions,
  asking: Asking,
): Promise<readonly unknown[]> {
  const settled = [...rows];
  const doubtful = rows.flatMap((row, index) => (isJsonObject(row) && isDoubtful(row) ? [{ row, index }] : []));
  // What is over already costs no call; NoETL's list may go on calling it RUNNING.
  const looked = doubtful.slice(0, maxLooks).filter(({ row, index }) => {
    const over = executions.ended(idText(row['execution_id']) ?? '');
    if (over !== undefined) settled[index] = settledRow(row, over);
    return over === undefined;
  });
  for (let from = 0; from < looked.length; from += looksAtOnce) {
    await Promise.all(
      looked.slice(from, from + looksAtOnce).map(async ({ row, index }) => {
        const snapshot = await executions.look(idText(row['execution_id']) ?? '', asking);
        if (snapshot !== undefined) settled[index] = settledRow(row, snapshot);
      }),
    );
  }
  return settled;
}

function isDoubtful(row: JsonObject): boolean {
  const state = parseExecutionState(row['status']);
  return state === 'RUNNING' || state === 'FAILED';
}

function settledRow(row: JsonObject, snapshot: Snapshot): JsonObject {
  const isSame = snapshot.over === undefined && stateOf(snapshot) === parseExecutionState(row['status']);
  return isSame ? row : { ...row, ...settledMembers(snapshot) };
}

const known = new WeakMap<Snapshot, JsonObject>();

/** What the row of an execution shows of it; made once for all lists that it is in. */
function settledMembers(snapshot: Snapshot): JsonObject {
  const members = known.get(snapshot) ?? membersOf(snapshot);
  known.set(snapshot, members);
  return members;
}

function membersOf(snapshot: Snapshot): JsonObject {
  const { over, detail } = snapshot;
  const endedAt = over?.finishedAt;
  const seconds =
    endedAt === undefined || detail.startedAt === undefined
      ? undefined
      : (endedAt - detail.startedAt.getTime()) / 1_000;
  return {
    status: stateOf(snapshot),
    end_time: endedAt === undefined ? null : new Date(endedAt).toISOString(),
    progress: over === undefined ? 0 : 100,
    ...(seconds === undefined ? {} : { duration_seconds: seconds, duration_human: durationText(seconds) }),
    // The error of a run that still works is of one step that failed.
    ...(over === undefined ? { error: null } : {}),
  };
}

/** As NoETL writes it: `8s`, `2m 5s`, `1h 3m`. */
function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  return whole < 3_600
    ? `${Math.floor(whole / 60)}m ${whole % 60}s`
    : `${Math.floor(whole / 3_600)}h ${Math.floor((whole % 3_600) / 60)}m`;
}
