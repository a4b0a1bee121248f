import type { Decision } from './noetl-auth/access/decision.ts';
import type { Permission } from './noetl-auth/access/grant.ts';
import type { PlaybookPath } from './noetl-auth/access/playbook-path.ts';
import type {
  ListedSession,
  OneSession,
  ProviderTokens,
  Session,
  SessionIdentity,
  SessionsOf,
  User,
} from './noetl-auth/session/session.ts';
import type { SessionKey, SessionToken } from './noetl-auth/session/session-token.ts';
import type { AnswerForm } from './operation.ts';
import type { MaybePromise } from './single-flight.ts';

/**
 * Which connections to NoETL a call uses: `auth` for logins, validations and access checks; `probe` for readiness; `start`
 * for what starts playbooks; `read` for everything else. Each has its own, so that one kind never waits for another.
 */
export type CallClass = 'auth' | 'probe' | 'read' | 'start';

/** Of a user, what limits are looked up by. */
export type CallUser = Pick<User, 'userId' | 'roles'>;

/** One call to NoETL. `path` is already encoded, segment by segment; nothing is added to it. */
export interface UpstreamCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
  /** Beside those that every call has; names are in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The form of a body that is not JSON; such a body is not parsed. */
  readonly answer?: Exclude<AnswerForm, 'empty'>;
  /** Sent as JSON; a `RawNumber` keeps its digits. */
  readonly body?: unknown;
  /** May be sent a second time when a socket breaks. Never true for what starts work. */
  readonly idempotent: boolean;
  readonly timeoutMs?: number;
  readonly maxResponseBytes?: number;
  readonly signal?: AbortSignal;
  readonly requestId?: string;
  /** A name for metrics: the path template, never the path. */
  readonly route: string;
  /** Default `read`. */
  readonly class?: CallClass;
  /** Whom the call is made for; a user's calls have limits together. Absent: the gateway's own call. */
  readonly user?: CallUser;
}

/** An answer of NoETL with any HTTP status, read to its end. */
export interface UpstreamReply {
  readonly status: number;
  /** Parsed without losing digits; undefined for an empty body, text when it is not JSON. */
  readonly body: unknown;
  /** The upstream's own clock at the answer, when it sent `Date`. */
  readonly date: Date | undefined;
  /** Whether a list goes on; servers that do not report it leave it out. */
  readonly hasMore?: boolean;
}

/**
 * The NoETL server. Any HTTP status is an answer, except NoETL's own report that it has no room for another start.
 * @throws ERR_UPSTREAM (no connection, broken, too large, or a circuit breaker is open), ERR_UPSTREAM_TIMEOUT (deadline
 *   passed), ERR_OVERLOADED (no room within the time that a call may wait; NoETL has not seen the call)
 */
export interface Upstream {
  request(call: UpstreamCall): Promise<UpstreamReply>;
}

/** The entry of a store under a session key. `ended` outlives the session so that no validator can bring it back. */
export type StoredSession =
  | { readonly state: 'live'; readonly session: Session; readonly checkedAt: Date }
  | { readonly state: 'ended' };

/** A live session of a store, and its key. */
export interface KeptSession {
  readonly key: SessionKey;
  readonly session: Session;
}

/** One session, all sessions of a user issued up to a moment, or `missed`: endings may have gone by unheard. */
export type Ending =
  | { readonly key: SessionKey }
  | { readonly userId: string; readonly notBefore: Date }
  | { readonly missed: true };

/**
 * Where sessions are kept between requests and, when shared, between replicas.
 * Every method throws ERR_STORE for "could not find out"; a miss is `undefined`.
 */
export interface SessionStore {
  get(key: SessionKey): Promise<StoredSession | undefined>;
  /**
   * Keeps the record until `keepUntil`, which may be after the session's own end: a session that is over here must not
   * be taken for an unknown one. @returns false: the session has ended; nothing was written.
   */
  put(key: SessionKey, session: Session, checkedAt: Date, keepUntil: Date): Promise<boolean>;
  /**
   * A tombstone until then.
   * @param userId whose session it is, where that is known: for a store that keeps an index for `sessionsOf`
   */
  end(key: SessionKey, until: Date, userId?: string): Promise<void>;
  /**
   * Sessions of that user issued before now are over; the mark is kept until then. Other groups of sessions have names
   * too (`session.ts`), which are used like a user's id.
   */
  endAllOf(userId: string, notBefore: Date, until: Date): Promise<void>;
  notBefore(userId: string): Promise<Date | undefined>;
  /**
   * Takes a name that can be taken once, until then. Needed for `replay: 'once'`, logout by the provider and codes.
   * @returns false: it was taken before, by any replica.
   */
  claim?(name: string, until: Date): Promise<boolean>;
  /**
   * The live sessions of a user, latest `issuedAt` first, 100 at most; those only that `get` returns, and whose record names that
   * user. Without it operators can end all sessions of a user, but neither see them nor end one.
   */
  sessionsOf?(userId: string): Promise<readonly KeptSession[]>;
  /** Called for endings made by any replica; a shared store delivers within a second. */
  onEnded(listener: (ending: Ending) => void): void;
  /** @throws ERR_STORE when it does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Asks the issuer of a token whether it is a session. @throws ERR_AUTH_UNAVAILABLE, ERR_OVERLOADED */
export interface SessionValidator {
  /** @returns undefined: it is not a session. */
  validate(token: SessionToken): Promise<Session | undefined>;
}

/**
 * How many unknown tokens a client address may try. A token that neither this process nor the store knows costs NoETL a workflow
 * run; one that turns out valid is refunded, so that only guesses count.
 */
export interface GuessBudget {
  /** Called before NoETL is asked. @throws ERR_RATE_LIMITED: this address has guessed too often */
  spend(): Promise<void>;
  /** The token was valid. */
  refund(): Promise<void>;
}

/** Sessions as the rest of the gateway sees them. */
export interface Sessions {
  /** @returns undefined: no valid session. @throws ERR_AUTH_UNAVAILABLE, ERR_STORE, ERR_OVERLOADED: could not find out. */
  lookup(token: SessionToken, guesses?: GuessBudget): MaybePromise<Session | undefined>;
  /** Keeps a session that a login has just made. @throws ERR_STORE; ERR_AUTH_UNAVAILABLE: it has been ended before */
  remember(token: SessionToken, session: Session): Promise<void>;
  end(token: SessionToken, session: Session): Promise<void>;
  endAllOf(user: User): Promise<void>;
  /** Ends every session that the target names, on all replicas. */
  endSessionsOf(target: SessionsOf): Promise<void>;
  /** See {@link SessionStore.sessionsOf}. @returns undefined: the store cannot list them. @throws ERR_STORE */
  sessionsOf(userId: string): Promise<readonly ListedSession[] | undefined>;
  /**
   * Ends one session of those that `sessionsOf` lists, on all replicas.
   * @returns false: the user has no such session. @throws ERR_STORE; ERR_REQUEST_INVALID: the store cannot list sessions
   */
  endOne(target: OneSession): Promise<boolean>;
  /** See {@link SessionStore.claim}. @throws ERR_STORE, also when the store cannot do it */
  claim(name: string, until: Date): Promise<boolean>;
}

/** Asks the identity provider again about a session that came from it. */
export interface SessionFollower {
  /**
   * @returns the roles that it gives now, `undefined` for "as before"; or that the session is over.
   * @throws ERR_AUTH_UNAVAILABLE when the provider could not be asked.
   */
  follow(identity: SessionIdentity, tokens: ProviderTokens): Promise<FollowedSession>;
}

/** The identity provider's report of a session now. */
export type FollowedSession =
  | { readonly outcome: 'over' }
  | { readonly outcome: 'valid'; readonly roles: readonly string[] | undefined };

/** Whether a user has a permission on a playbook. */
export interface AccessQuestion {
  readonly user: User;
  readonly permission: Permission;
  readonly path: PlaybookPath;
  /** The caller's token, for checkers that ask NoETL. */
  readonly token: SessionToken | undefined;
}

/** Says yes or no; the one thing that `/graphql`, check-access and list filters ask. @throws when it cannot find out. */
export interface AccessChecker {
  check(question: AccessQuestion): MaybePromise<Decision>;
}
