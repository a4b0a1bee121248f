import type { RootCall } from '../operations/root-call.ts';
import type { ExecutionGate } from './execution-gate.ts';
import type { Executions } from './executions.ts';

/** One event of a stream: answers the field, or throws what the caller reads as its error. */
export type Update = () => unknown;

export interface UpdatesOptions {
  readonly executions: Executions;
  readonly gate: ExecutionGate;
  readonly maxResultBytes: number;
  /** Distinct paths that are judged for one read of the list; rows beyond are left out. Absent: all. */
  readonly maxPathsPerAnswer?: number | undefined;
}

/** Opens the stream of a root field. @throws what the caller reads as the error of the whole subscription */
export type OpenUpdates = (call: RootCall) => Promise<AsyncIterable<Update>>;

/** An event that is an error. */
export const failing = (error: unknown) => (): never => {
  throw error;
};

/** A stream whose only event is an error. */
export async function* failingStream(error: unknown): AsyncGenerator<Update> {
  yield failing(error);
}
