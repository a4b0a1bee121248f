import type { PulledDocument, UpstreamReport } from '../../plugins/noetl/upstream-answer.ts';
import type { PathReport, ReportedExplanation } from '../../plugins/noetl-auth/access/path-report.ts';
import type { CaseResult } from '../../plugins/noetl-auth/access/policy-cases.ts';
import type { WireUserId } from '../../plugins/noetl-auth/session/session.ts';
import type { OperationKind } from '../../plugins/operation-kind.ts';
import type { ReadinessReport } from '../http/readiness.ts';
import type { DependencyState } from '../observe/dependencies.ts';
import type { AccessReport } from '../policy/access-report.ts';
import type { TriedPolicy } from '../policy/policy-draft.ts';
import type { PolicyFileState } from '../policy/watched-policy.ts';
import type { DriftState } from '../upstream/document-check.ts';

/**
 * What the gateway answers at `/console/api/<name>`, as JSON: the server and the page are compiled against it. A member that is
 * undefined here is absent there.
 */
export interface ConsoleAnswers {
  readonly me: ConsoleSession;
  readonly starts: PastStarts;
  readonly access: CurrentAccess;
  readonly path: PathReport;
  readonly explain: ExplainedAccess;
  readonly cases: DecidedCases;
  readonly lint: PolicyLint;
  readonly replay: ReplayedPast;
  /** The grants of now, in the form of a policy file. */
  readonly draft: { readonly text: string };
  readonly try: TriedDraft;
  readonly health: GatewayHealth;
  readonly upstream: UpstreamComparison;
  readonly audit: FoundAudit;
  readonly sessions: UserSessionList;
}

/** The session, and what this gateway's config lets the page do. */
export interface ConsoleSession {
  /** In the form of a login's answer (the protocol, Authentication Flow), with the roles. */
  readonly user: {
    readonly user_id: WireUserId;
    readonly email: string | null;
    readonly display_name: string;
    readonly roles: readonly string[];
  };
  readonly expiresAt: string;
  readonly version: string;
  readonly mode: string;
  /** Where GraphiQL is; absent: the config has no public address, so the page cannot know where the public listener is. */
  readonly graphiql?: string;
  /** Whether the user has one of `operatorRoles`. It chooses what is shown; the gateway decides each call. */
  readonly isOperator: boolean;
  /** `console.roles` of the config. */
  readonly operatorRoles: readonly string[];
  /** All roles of the config, in its order. */
  readonly roles: readonly string[];
  /** The fields that the config opens, by their use. A missing one disables the part of the page that needs it. */
  readonly fields: ConsoleFields;
}

/** Who has started an execution, as the audit log names users. */
export interface Start {
  readonly executionId: string;
  readonly userId: string;
}

/** Starts among the newest audit lines of the replica that answers. Others than operators see their own. */
export interface PastStarts {
  /** The user of this session, as the audit log names users. */
  readonly me: string;
  readonly starts: readonly Start[];
  readonly replica: string;
}

/** The policy that counts now. */
export interface CurrentAccess extends AccessReport {
  /** `local`: the grants decide. Any other checker decides by itself, or together with them where `combine` is `both`. */
  readonly checker: string;
  readonly combine: string;
  /** Absent: the grants are those of the config. */
  readonly policyFile?: PolicyFileState | undefined;
}

/** The answer of `explain`, for roles or a user, on a path or an execution. */
export interface ExplainedAccess extends ReportedExplanation {
  /** Of an execution that was asked about. */
  readonly path?: string;
  /** Those that were asked about, or that the user had at that time. */
  readonly roles?: readonly string[];
  /** ISO time of the audit line that the roles of a user are from; absent when roles were asked about. */
  readonly seenAt?: string;
}

/** Cases that were decided by the grants of now, or by those that are tried. */
export interface DecidedCases {
  readonly file: string;
  /** The decisions; absent: the project has no file of cases. */
  readonly text?: string | undefined;
  /** Why the file was not decided; `results` is empty then. */
  readonly problems: readonly string[];
  readonly results: readonly CaseResult[];
}

/** The report of `policy lint`. */
export interface PolicyLint {
  readonly findings: readonly string[];
  /** Grants that the allowed decisions among the audit lines did not need. */
  readonly unused: readonly string[];
  /** How many allowed decisions `unused` is compared with. */
  readonly decisions: number;
}

/** `count` decisions were taken again, each with the roles that the user had then; `changed` came out differently. */
export type ReplayedPast = TriedPolicy['replayed'];

/** The changes by a draft of the grants. With `problems` nothing was compared. */
export interface TriedDraft extends Omit<TriedPolicy, 'draft'> {
  /** The project's cases, decided by the grants that are tried. */
  readonly cases?: DecidedCases;
}

/** NoETL's API of now against the pulled document. */
export interface UpstreamComparison {
  /** `none`: no document was pulled. */
  readonly state: DriftState | 'none';
  /** What the gateway found, in the words of `/ready`. */
  readonly text?: string;
  /** When the gateway looked, milliseconds since 1970. */
  readonly at?: number;
  readonly pulled?: PulledDocument;
  readonly live?: { readonly version: string; readonly paths: number } | undefined;
  /** Absent only where no document was pulled. */
  readonly report?: UpstreamReport;
}

/** An audit line as it was written: scrubbed, without tokens. */
export type AuditEntry = Readonly<Record<string, unknown>>;

/** A part of the kept audit lines. */
export interface AuditPage {
  /** Newest first, at most 100. */
  readonly entries: readonly AuditEntry[];
  /** Lines that are kept, and how many of them fit the search. */
  readonly kept: number;
  readonly found: number;
}

/** The lines that a search found, and the place of all lines. */
export interface FoundAudit extends AuditPage {
  /** `stdout` or `a file`: where the whole log is. The path is not sent. */
  readonly auditTo: string;
  readonly replica: string;
}

/** A session as operators see it: its id is of use for ending it here, and for nothing else. */
export interface ShownSession {
  readonly id: string;
  /** ISO times. */
  readonly since: string;
  readonly until: string;
  readonly roles: readonly string[];
  /** It is the session that asks: ending it signs out. */
  readonly isOwn: boolean;
  /** Absent: NoETL made the session, and the gateway was not asked. */
  readonly login?: {
    readonly issuer: string;
    readonly client?: string | undefined;
    readonly isMachine: boolean;
  };
}

/** The sessions of one user, newest first. */
export interface UserSessionList {
  /** False: the store of the config cannot list sessions (a custom store without `sessionsOf`). */
  readonly isListed: boolean;
  /** The longest list that the gateway answers. */
  readonly atMost: number;
  readonly sessions: readonly ShownSession[];
}

/** Calls of the last minutes. Times are upper bounds in seconds; null without a call, or above the largest bound. */
export interface RecentCalls {
  readonly calls: number;
  readonly errors: number;
  readonly p50: number | null;
  readonly p99: number | null;
  /** The same of each minute, oldest first. */
  readonly perMinute: {
    readonly calls: readonly number[];
    readonly errors: readonly number[];
    readonly p50: readonly (number | null)[];
    readonly p99: readonly (number | null)[];
  };
}

/** One root field in the last minutes. */
export interface RecentField extends RecentCalls {
  readonly field: string;
}

/** Calls and errors of the last `minutes`. */
export interface RecentReport {
  readonly minutes: number;
  /** All root fields together. */
  readonly total: RecentCalls;
  readonly fields: readonly RecentField[];
  /** Errors and refusals by name, most frequent first. */
  readonly codes: readonly { readonly code: string; readonly count: number }[];
  readonly limits: readonly { readonly limit: string; readonly count: number }[];
}

/**
 * What a replica reports of itself; times in milliseconds since 1970. It is read by replicas of other versions, so a member is
 * added and never changed in meaning.
 */
export interface ReplicaReport {
  /** The host. */
  readonly replica: string;
  readonly version: string;
  readonly at: number;
  readonly ready: boolean;
  /** Checks, dependencies and circuit breakers that fail, by name. */
  readonly failing: readonly string[];
  readonly uptimeSecs: number;
  /** Bytes that the process has in memory. */
  readonly rss: number;
  /** Of the container; absent: the container has no limit. */
  readonly memoryLimit?: number;
  /** In the last quarter of an hour. */
  readonly calls: number;
  readonly errors: number;
  /** Seconds, an upper bound; null without a call, or above the largest bucket. */
  readonly p99: number | null;
}

/** The state of the replica that answers, and the report that every replica that shares the store reports of itself. */
export interface GatewayHealth extends ReadinessReport {
  readonly dependencies: readonly DependencyState[];
  /** `class route` of every circuit breaker that is not closed. */
  readonly openBreakers: readonly string[];
  /** Absent: the grants are those of the config. */
  readonly policyFile?: PolicyFileState | undefined;
  /** Undefined: no document was pulled, or the gateway has not looked yet. */
  readonly drift?: DriftState | undefined;
  readonly recent: RecentReport;
  /** `replica` is the name in this process's own report. */
  readonly process: { readonly version: string; readonly node: string; readonly replica: string };
  /** Undefined: the store that replicas share does not answer. */
  readonly replicas?: readonly ReplicaReport[] | undefined;
  /** `memory`, `redis`, `nats` or `custom`. */
  readonly sessions: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

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
