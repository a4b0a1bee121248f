import type { ChangeKind, Severity } from './change-rules.ts';

/** One change of NoETL's own API. `place` is within the operation: `argument page (query)`, `answer items.status`. */
export interface UpstreamChange {
  readonly kind: ChangeKind;
  readonly severity: Severity;
  /** `METHOD /path` as the new document writes it, or the old one when it is gone. */
  readonly operation: string;
  readonly place: string | undefined;
  /** Wire name of the argument that it is about. */
  readonly argument: string | undefined;
  readonly message: string;
  /** GraphQL fields of the config that this operation answers. */
  readonly fields: readonly string[];
}

/** One change of the schema that apps see. */
export interface GraphqlChange {
  /** As GraphQL Inspector calls it, for example `FIELD_ADDED`. */
  readonly kind: string;
  readonly severity: Severity;
  /** Schema coordinate, for example `Query.execution.id`. */
  readonly path: string;
  readonly message: string;
}

/**
 * What a change does to what is open:
 * - `new-closed`: new upstream, and closed since no row opens it
 * - `new-member`: an argument or a field is new on an open operation, and closed since it is not accepted
 * - `opens`: a row of the config opens an operation that the old document lacked
 * - `vanishes`: an open operation is gone
 * - `unfit`: a row no longer fits the document
 * - `reshaped`: an open operation takes or answers something else
 * - `offers`: an open operation offers an argument more, since its row names it or opens everything
 * - `idle-grant`: a permission that is granted and that no open operation asks for any more
 */
export type ExposureKind =
  | 'new-closed'
  | 'new-member'
  | 'opens'
  | 'vanishes'
  | 'unfit'
  | 'reshaped'
  | 'offers'
  | 'idle-grant';

export interface ExposureChange {
  readonly kind: ExposureKind;
  readonly severity: Severity;
  /** A GraphQL field, an upstream operation for `new-closed`, or a grant. */
  readonly subject: string;
  readonly message: string;
}

/**
 * What changed between two documents, at three levels: NoETL's own API, the schema that apps see, and what is open.
 * Each list is sorted by {@link bySeverity}. `--json` prints it as it is, so that its names are public.
 */
export interface DiffReport {
  /** What the documents are called. */
  readonly from: string;
  readonly to: string;
  /** Something that is open breaks. */
  readonly breaks: boolean;
  readonly upstream: readonly UpstreamChange[];
  readonly graphql: readonly GraphqlChange[];
  readonly exposure: readonly ExposureChange[];
}

const order: Readonly<Record<Severity, number>> = { breaking: 0, dangerous: 1, safe: 2 };

/** Worst first; changes of one severity keep their order. */
export const bySeverity = <T extends { readonly severity: Severity }>(changes: readonly T[]): T[] =>
  changes.toSorted((a, b) => order[a.severity] - order[b.severity]);
