/** `breaking`: something that worked stops working; `dangerous`: it may; `safe`: it does not. */
export type Severity = 'breaking' | 'dangerous' | 'safe';

/**
 * `in`: what callers send; `out`: what they get. What is safe in one direction breaks in the other: a value that is new
 * in an enumeration is one more to send, and one that a caller may not know.
 */
export type Direction = 'in' | 'out';

/**
 * A kind of change of an API, with its class for callers of that API in each direction. `seen`: `graphql` when the
 * schema shows what becomes of an open field, so that the comparison of the schemas classes it for apps; `wire` when
 * only the call itself notices, so that the class counts for apps unchanged.
 */
interface ChangeRule {
  readonly in: Severity;
  readonly out: Severity;
  readonly seen: 'graphql' | 'wire';
}

const both = (severity: Severity, seen: ChangeRule['seen']): ChangeRule => ({ in: severity, out: severity, seen });
const rule = (sent: Severity, got: Severity, seen: ChangeRule['seen']): ChangeRule => ({ in: sent, out: got, seen });

/** Every kind of change that a diff can report, and its class. The only place where a class is decided. */
export const changeRules = {
  // The operation as a whole.
  'operation-new': both('safe', 'graphql'),
  'operation-gone': both('breaking', 'graphql'),
  'operation-deprecated': both('dangerous', 'wire'),
  'operation-restored': both('safe', 'wire'),
  'security-required': both('breaking', 'wire'),
  'security-dropped': both('dangerous', 'wire'),
  'security-changed': both('dangerous', 'wire'),
  'base-path-changed': both('breaking', 'wire'),

  // What is sent beside the body: a new argument that is required breaks every call, and one that is gone shows in the
  // schema.
  'argument-new': both('safe', 'graphql'),
  'argument-new-required': both('breaking', 'wire'),
  'argument-gone': both('breaking', 'graphql'),
  'argument-moved': both('breaking', 'graphql'),
  'argument-deprecated': both('dangerous', 'wire'),
  'argument-restored': both('safe', 'wire'),
  'argument-form-changed': both('breaking', 'wire'),

  // Bodies and media types.
  'body-new': both('safe', 'graphql'),
  'body-new-required': both('breaking', 'wire'),
  'body-gone': both('breaking', 'graphql'),
  'body-required': both('breaking', 'wire'),
  'body-optional': both('safe', 'wire'),
  'media-type-new': rule('safe', 'safe', 'wire'),
  'media-type-gone': both('breaking', 'wire'),
  'media-type-fewer': both('dangerous', 'wire'),
  'encoding-changed': both('dangerous', 'wire'),

  // Statuses and headers: the gateway words errors itself, so that their changes reach no app.
  'answer-status-new': both('dangerous', 'wire'),
  'answer-status-gone': both('breaking', 'wire'),
  'error-status-new': both('safe', 'wire'),
  'error-status-gone': both('safe', 'wire'),
  'error-changed': both('safe', 'wire'),
  'answer-header-changed': both('safe', 'wire'),

  // Types and what they allow: less to send breaks, less to get does not, and the other way round.
  'type-widened': rule('safe', 'breaking', 'graphql'),
  'type-narrowed': rule('breaking', 'safe', 'graphql'),
  'type-opened': rule('safe', 'dangerous', 'graphql'),
  'type-described': rule('breaking', 'safe', 'graphql'),
  'type-changed': both('breaking', 'graphql'),
  'null-accepted': rule('safe', 'dangerous', 'wire'),
  'null-refused': rule('dangerous', 'safe', 'wire'),
  'default-changed': both('dangerous', 'wire'),
  'format-changed': both('dangerous', 'wire'),
  'values-limited': rule('breaking', 'safe', 'wire'),
  'values-unlimited': rule('safe', 'dangerous', 'wire'),
  'value-new': rule('safe', 'dangerous', 'wire'),
  'value-gone': rule('breaking', 'safe', 'wire'),
  'bound-tightened': rule('breaking', 'safe', 'wire'),
  'bound-loosened': rule('safe', 'dangerous', 'wire'),
  'pattern-changed': both('dangerous', 'wire'),
  'constraint-changed': both('dangerous', 'wire'),
  'others-refused': rule('breaking', 'safe', 'wire'),
  'others-accepted': rule('safe', 'dangerous', 'wire'),
  'alternative-new': rule('safe', 'dangerous', 'wire'),
  'alternative-gone': rule('breaking', 'safe', 'wire'),
  'discriminator-changed': both('dangerous', 'wire'),

  // Members of objects.
  'member-new': both('safe', 'graphql'),
  'member-new-required': rule('breaking', 'safe', 'wire'),
  'member-gone': both('breaking', 'graphql'),
  'member-required': rule('breaking', 'safe', 'wire'),
  'member-optional': rule('safe', 'dangerous', 'wire'),
  'member-deprecated': both('dangerous', 'wire'),
  'member-restored': both('safe', 'wire'),
  'access-changed': both('dangerous', 'wire'),
} as const satisfies Readonly<Record<string, ChangeRule>>;

export type ChangeKind = keyof typeof changeRules;

/** A change at a place; `path` is the way to it within its argument or answer, `items.status` for example. */
export interface SchemaChange {
  readonly kind: ChangeKind;
  readonly severity: Severity;
  readonly path: string;
  readonly message: string;
}

/** A change of a kind, with the class that the table gives it. */
export const changeOf = (kind: ChangeKind, direction: Direction, path: string, message: string): SchemaChange => ({
  kind,
  severity: changeRules[kind][direction],
  path,
  message,
});

/** A change within an operation. `place`: `argument page (query)`, `answer items.status`, undefined for the whole. */
export interface OperationChange {
  readonly kind: ChangeKind;
  readonly severity: SchemaChange['severity'];
  readonly place: string | undefined;
  /** Wire name of the argument that it is about. */
  readonly argument: string | undefined;
  readonly message: string;
}

/** A change of a schema as a change of its operation: the path within the schema is put after the place. */
export const at = (
  place: string | undefined,
  argument: string | undefined,
  { kind, severity, path, message }: SchemaChange,
): OperationChange => ({
  kind,
  severity,
  place: path === '' || place === undefined ? place : `${place} ${path}`,
  argument,
  message,
});

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
type ExposureKind = 'new-closed' | 'new-member' | 'opens' | 'vanishes' | 'unfit' | 'reshaped' | 'offers' | 'idle-grant';

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
