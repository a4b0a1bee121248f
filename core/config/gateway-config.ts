import type { Grant } from '../access/grant.ts';
import type { Clock } from '../clock.ts';
import type { IssuerEntry } from '../identity/issuer-entry.ts';
import type { Observe } from '../observe.ts';
import type { AccessChecker, LoginBackend, SessionStore, SessionValidator, Upstream } from '../ports.ts';
import type { FromEnv } from './env.ts';
import type { OperationRow, OperationShapes } from './operation-row.ts';

export type ProtocolRole = 'admin' | 'developer' | 'analyst' | 'viewer';

/** A comma list, as environment variables hold lists, or the list itself. */
export type ListFromEnv = FromEnv<string> | readonly FromEnv<string>[];

export interface UpstreamSection {
  readonly baseUrl?: FromEnv<string>;
  /** One upstream call, seconds. */
  readonly timeoutSecs?: FromEnv<number>;
  /** An answer larger than this is an error, bytes. */
  readonly maxResponseBytes?: FromEnv<number>;
}

export interface ListenSection {
  readonly bind?: FromEnv<string>;
  readonly port?: FromEnv<number>;
  readonly internalPort?: FromEnv<number>;
  readonly publicUrl?: FromEnv<string>;
  readonly internalUrl?: FromEnv<string>;
  /** Hops whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: FromEnv<number>;
  readonly corsAllowedOrigins?: ListFromEnv;
  readonly corsAllowCredentials?: FromEnv<boolean>;
  /** Seconds that a stopping process gives to what is in flight. */
  readonly drainSecs?: FromEnv<number>;
}

export interface StaticUser {
  readonly token: string;
  readonly userId: string;
  readonly displayName: string;
  readonly email?: string;
  readonly roles: readonly string[];
}

export type ValidatorOption =
  | { readonly kind: 'playbook' }
  | { readonly kind: 'http' }
  | { readonly kind: 'static'; readonly users: readonly StaticUser[] };

export type LoginOption =
  | { readonly kind: 'playbook' }
  | { readonly kind: 'http' }
  | {
      /** The gateway issues sessions. What is said here is the default of every issuer's entry. */
      readonly kind: 'local';
      readonly rolesClaim?: string;
      readonly roleMap?: Readonly<Record<string, readonly string[]>>;
      readonly defaultRoles?: readonly string[];
      /** Opaque access tokens are accepted, and read at the trusted issuer's userinfo endpoint. */
      readonly allowUserinfo?: boolean;
    }
  | {
      /** `adapters.login` makes the sessions. */
      readonly kind: 'custom';
      /** `needed`: it is asked only about people whose e-mail may be used. Default: `optional`. */
      readonly email?: 'needed' | 'optional';
      /** Whether its sessions are checked with the validator again. Default: true. */
      readonly revalidate?: boolean;
    };

export interface AuthSection {
  /** Identity providers, each with what it is trusted for. `issuer.auth0(…)`, `issuer.entra(…)` and others make entries. */
  readonly issuers?: readonly IssuerEntry[];
  /** Issuer URLs; a bare domain is `https://<domain>/`. `http` for loopback only. */
  readonly trustedIssuers?: ListFromEnv;
  readonly audiences?: ListFromEnv;
  readonly jwtMode?: FromEnv<string>;
  readonly algorithms?: readonly string[];
  readonly login?: LoginOption;
  readonly validator?: ValidatorOption;
  readonly access?: {
    readonly checker?: 'local' | 'playbook' | 'http';
    /** `both`: the grants here and the upstream must allow. */
    readonly combine?: 'one' | 'both';
    /** Answers of upstream checkers are reused for this long, per user, permission and path. */
    readonly cacheTtlMs?: FromEnv<number>;
  };
  readonly playbooks?: {
    readonly login?: FromEnv<string>;
    readonly validateSession?: FromEnv<string>;
    readonly checkAccess?: FromEnv<string>;
    readonly sessionDbCredential?: FromEnv<string>;
    /** A whole login or validation, seconds. */
    readonly timeoutSecs?: FromEnv<number>;
  };
  /** Set the session as a cookie at login (`HttpOnly; Secure; SameSite=Lax`). */
  readonly setCookie?: FromEnv<boolean>;
  /** Introspection for callers with a session. */
  readonly introspection?: FromEnv<boolean>;
}

export interface SessionsSection {
  /** `memory:`, `redis://…`, `rediss://…` or `nats://…`. */
  readonly store?: FromEnv<string>;
  /** A session read from the store is trusted by this process for this long. */
  readonly cacheTtlMs?: FromEnv<number>;
  readonly cacheSize?: FromEnv<number>;
  /** NoETL is asked again after this long. */
  readonly revalidateMs?: FromEnv<number>;
  /** A token that is no session is remembered for this long. */
  readonly invalidTtlMs?: FromEnv<number>;
  /** Cap on a session's life, hours. */
  readonly maxHours?: FromEnv<number>;
}

export interface LimitsSection {
  readonly bodyBytes?: FromEnv<number>;
  readonly queryDepth?: FromEnv<number>;
  readonly queryAliases?: FromEnv<number>;
  readonly queryRootFields?: FromEnv<number>;
  readonly queryTokens?: FromEnv<number>;
  readonly queryCost?: FromEnv<number>;
  readonly queryDirectives?: FromEnv<number>;
  readonly batching?: FromEnv<boolean>;
  readonly unbrokenRun?: FromEnv<number>;
  readonly validationsAtOnce?: FromEnv<number>;
  readonly validationsWaiting?: FromEnv<number>;
  /** Starts of playbooks that are in flight to NoETL, of all users. */
  readonly startsAtOnce?: FromEnv<number>;
  /** Calls to NoETL in flight for one user. */
  readonly userCallsAtOnce?: FromEnv<number>;
  /** Calls of one user that wait for a place. */
  readonly userCallsWaiting?: FromEnv<number>;
  /** A call that waits longer for a place is not made, milliseconds. */
  readonly callWaitMs?: FromEnv<number>;
  readonly loginsPerMinute?: FromEnv<number>;
  readonly checksPerMinute?: FromEnv<number>;
  /** Session tokens that turn out to be none, by address, over all entrances. */
  readonly guessesPerMinute?: FromEnv<number>;
  /** The same, of all addresses that have guessed before in that minute. */
  readonly guessesPerMinuteInAll?: FromEnv<number>;
  /** Playbooks that one user starts, and how many may come at once. */
  readonly startsPerSecond?: FromEnv<number>;
  readonly startsBurst?: FromEnv<number>;
  /** Calls to NoETL that one user causes, and how many may come at once. */
  readonly callsPerSecond?: FromEnv<number>;
  readonly callsBurst?: FromEnv<number>;
  /** Other limits for users of a role; with several roles the largest one counts. */
  readonly byRole?: Readonly<Record<string, UserLimitsSection>>;
}

/** Limits of a user that a role may change. */
export interface UserLimitsSection {
  readonly startsPerSecond?: number;
  readonly startsBurst?: number;
  readonly callsPerSecond?: number;
  readonly callsBurst?: number;
}

export interface ObservabilitySection {
  readonly logLevel?: FromEnv<string>;
  /** `stdout`, or a file's path. */
  readonly auditTo?: FromEnv<string>;
  readonly auditEmails?: FromEnv<boolean>;
}

/** Where the gateway runs and where NoETL does, for the manifests. */
export interface DeploySection {
  readonly namespace?: string;
  readonly image?: string;
  readonly replicas?: number;
  readonly noetlNamespace?: string;
  /** Namespaces that may reach NoETL directly, beside the gateway's. */
  readonly trustedNamespaces?: readonly string[];
  readonly host?: string;
}

/** What an adapter of one's own is made with: the same that the gateway's are. */
export interface AdapterGiven {
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Stages with adapters of one's own. Each is made once, at start; throwing there stops the start. */
export interface AdaptersSection {
  readonly sessionStore?: (given: AdapterGiven) => SessionStore | Promise<SessionStore>;
  readonly validator?: (given: AdapterGiven) => SessionValidator;
  readonly login?: (given: AdapterGiven) => LoginBackend;
  /** With `auth.access.combine: 'both'` the grants here must allow too. */
  readonly accessChecker?: (given: AdapterGiven) => AccessChecker;
}

/** The declaration of a gateway: what of NoETL is open, to whom, and under which name. Everything absent has a default. */
export interface GatewayConfig<Shapes extends OperationShapes = OperationShapes, Role extends string = string> {
  /** By the name of the GraphQL field. What is not here is closed. */
  readonly operations: Readonly<Record<string, OperationRow<Shapes, Role>>>;
  readonly roles: readonly Role[];
  readonly grants: readonly Grant<Role>[];
  readonly upstream?: UpstreamSection;
  readonly listen?: ListenSection;
  readonly auth?: AuthSection;
  readonly sessions?: SessionsSection;
  readonly limits?: LimitsSection;
  readonly observability?: ObservabilitySection;
  readonly deploy?: DeploySection;
  /** Replaces the adapters that `auth` and `sessions` would choose. */
  readonly adapters?: AdaptersSection;
  /** Envelop plugins of one's own, run after the gateway's. */
  readonly plugins?: readonly unknown[];
}
