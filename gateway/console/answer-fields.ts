import type { OperationKind } from '../../plugins/operation-kind.ts';

/**
 * Members that a query may select: null for a value, an object for a member with members of its own. They go down to a
 * bounded depth.
 */
export interface Selectable {
  readonly [field: string]: Selectable | null;
}

/**
 * A root field under the names of this gateway's config. The page is built once for all configs, so it knows fields by
 * what they do (ADR 0015).
 */
export interface ConsoleField {
  readonly field: string;
  readonly root: 'query' | 'mutation' | 'subscription';
  /** Types in SDL, by name. */
  readonly args: Readonly<Record<string, string>>;
  /** The argument with the id of an execution, or with a catalog path. Absent: a caller uses the usual name. */
  readonly key?: string;
  readonly returns: Selectable | null;
}

/** What the console does with a field of NoETL's API; a row of the config may give it any name. */
export type ConsoleOperation = Extract<
  OperationKind,
  'execute' | 'rerun' | 'execution' | 'events' | 'executions' | 'cancel' | 'catalog' | 'catalogEntry'
>;

/** The same of fields that the gateway answers itself, and of forms of playbooks. */
export type ConsoleOwnField = 'form' | 'executionUpdates' | 'executionsUpdates' | 'endSessions';

/** Fields by what they do; a missing one is not open in this config. */
export type ConsoleFields = Partial<Record<ConsoleOperation | ConsoleOwnField, ConsoleField>>;
