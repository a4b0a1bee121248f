import type { ErrorCode } from './errors.ts';
import type { LoginReason, SeenToken } from './login-refusal.ts';
import type { Permission } from './noetl-auth/access/grant.ts';
import type { CallClass } from './ports.ts';

/** Events for the metrics and the audit log. Never a token, never a value from outside as a label. */
export type GatewayEvent =
  | {
      readonly type: 'login';
      readonly outcome: 'succeeded' | 'callback_failed' | 'not_authenticated' | 'rejected' | 'unavailable';
      readonly userId?: string;
      readonly subject?: string;
      /** Why it was refused, and what was seen of the token. */
      readonly reason?: string;
      readonly token?: SeenToken;
      readonly issuer?: string;
      /** A client that logged in for itself. */
      readonly machine?: string;
      /** For the audit log, and there only when the config asks for e-mails. */
      readonly email?: string;
      readonly clientIp?: string;
      readonly requestId?: string;
    }
  | {
      readonly type: 'logout';
      readonly userId: string;
      readonly all: boolean;
      readonly email?: string;
      readonly requestId?: string;
    }
  | {
      /** Sessions that were ended together, by the identity provider or by an operator. */
      readonly type: 'sessions_ended';
      readonly by: 'provider' | 'operator';
      readonly outcome: 'ended' | 'refused' | 'unavailable';
      readonly reason?: string;
      readonly issuer?: string;
      readonly subject?: string;
      readonly sid?: string;
      readonly client?: string;
      /** One session, by the id that lists of sessions have. */
      readonly session?: string;
      /** Whose sessions, where they are named by the user's id; and who ended them. */
      readonly userId?: string;
      readonly operator?: string;
      readonly requestId?: string;
    }
  | {
      readonly type: 'session_check';
      readonly outcome: 'ok' | 'missing_token' | 'invalid_or_expired' | 'validation_error';
      readonly layer?: 'request' | 'process' | 'store' | 'validator';
    }
  | { readonly type: 'session_cache_failed'; readonly stage: 'after_login' | 'after_api_validate' }
  | { readonly type: 'store_error'; readonly operation: string }
  | {
      /** A call to the session store. `problem`: it did not answer; the text of `problemCode`. */
      readonly type: 'store_call';
      readonly operation: string;
      readonly ms: number;
      readonly problem?: string;
    }
  | {
      /** An identity provider of the config was asked, or what it published was used. `problem`: it could not be asked. */
      readonly type: 'provider_call';
      readonly issuer: string;
      readonly problem?: string;
    }
  | {
      /**
       * An auth playbook was run. `silent`: it did not call back in time, or ended without; `missing`: it is not in NoETL's
       * catalog; `refused`: NoETL did not start it.
       */
      readonly type: 'auth_playbook';
      readonly path: string;
      readonly outcome: 'answered' | 'silent' | 'missing' | 'refused';
    }
  | { readonly type: 'ready_check'; readonly check: string; readonly isOk: boolean }
  | {
      /** A root field was answered, for GraphQL, REST or tools alike. */
      readonly type: 'field';
      readonly field: string;
      readonly ms: number;
    }
  /** An error in a GraphQL answer. `field`: the root field that it is about; absent for the request as a whole. */
  | { readonly type: 'graphql_error'; readonly field?: string; readonly code: string }
  /** A request was answered with an error instead of a result. */
  | { readonly type: 'error_answer'; readonly code: ErrorCode }
  | { readonly type: 'validation'; readonly state: 'started' | 'finished' | 'waiting' | 'resumed' | 'shed' }
  | {
      readonly type: 'identity_token';
      readonly outcome:
        | 'success'
        | 'bad_signature'
        | 'bad_claims'
        | 'unknown_kid'
        | 'malformed'
        | 'jwks_unavailable'
        | 'untrusted_issuer';
      readonly mode: 'enforce' | 'shadow';
      readonly reason?: LoginReason;
      readonly token?: SeenToken;
      /** The issuer that could not be asked, and why. */
      readonly issuer?: string;
      readonly problem?: string;
      /** Values of the role claims that map to no role of the config. */
      readonly droppedRoles?: readonly string[];
    }
  | {
      readonly type: 'decision';
      readonly outcome: 'allowed' | 'denied' | 'backend_error';
      readonly field: string;
      readonly root: 'query' | 'mutation' | 'subscription' | 'rest';
      readonly userId: string;
      /** At the time of the decision; a policy replay decides again with them. */
      readonly roles?: readonly string[];
      readonly email?: string;
      readonly permission?: Permission;
      readonly path?: string;
      /** The grant that allowed or denied: `file:line`, or its text. */
      readonly grant?: string;
      /**
       * Why it was not allowed: `denied` by a grant, `no-grant`, `path-refused`, `reserved`, `upstream`, `resolvers`, or an error's code;
       * `rule: …` with the reason that a custom rule gives, also when it allows.
       */
      readonly reason?: string;
      readonly requestId?: string;
    }
  | {
      /**
       * What became of a mutation, or of a start, that was allowed; reported when its call is over. `started`: NoETL named the
       * execution. `failed`: with ERR_UPSTREAM_TIMEOUT NoETL may have started it anyway.
       */
      readonly type: 'outcome';
      readonly outcome: 'started' | 'done' | 'failed';
      readonly code?: ErrorCode;
      readonly field: string;
      readonly userId: string;
      readonly roles: readonly string[];
      readonly email?: string;
      readonly permission?: Permission;
      readonly path?: string;
      readonly grant?: string;
      /** `rule: …`, when a custom rule allowed it with a reason. */
      readonly reason?: string;
      /** The execution that was started, or that the mutation is about. */
      readonly executionId?: string;
      readonly requestId: string;
    }
  | { readonly type: 'callback_refused'; readonly reason: 'secret' | 'body' | 'late' | 'shape' }
  /** A stream of `GET /events` or of a subscription. */
  | { readonly type: 'stream'; readonly state: 'opened' | 'closed' }
  | { readonly type: 'auth_cancel_failed' }
  /** A policy file has changed: its grants count now, or the file was refused and the grants before it still count. */
  | { readonly type: 'policy_file'; readonly outcome: 'applied' | 'refused' }
  | {
      readonly type: 'upstream_call';
      readonly route: string;
      readonly method: string;
      readonly status: number | 'timeout' | 'error';
      readonly ms: number;
      readonly class: CallClass;
      /** The text of `problemCode`, when NoETL could not be asked. Absent for errors that do not concern its health. */
      readonly problem?: string;
    }
  | {
      /**
       * A call that was not made, or that NoETL had no room for. `user`, `class`: that queue was full; `wait`: it waited too
       * long; `breaker`: the route's circuit breaker is open; `busy`: NoETL reported that it has no room.
       */
      readonly type: 'upstream_shed';
      readonly class: CallClass;
      readonly reason: 'user' | 'class' | 'wait' | 'breaker' | 'busy';
    }
  | {
      readonly type: 'breaker';
      readonly class: CallClass;
      readonly route: string;
      readonly state: 'open' | 'closed';
    }
  | {
      /** One HTTP exchange of either listener; `route` is a path of our own, never the caller's text. */
      readonly type: 'request';
      readonly route: string;
      readonly status: number;
      readonly ms: number;
    }
  /** NoETL's API was compared with the pulled document. */
  | { readonly type: 'document_checked'; readonly state: 'same' | 'differs' | 'not checked' }
  | { readonly type: 'lines_dropped'; readonly from: 'audit' | 'log'; readonly count: number }
  | {
      readonly type: 'rate_limited';
      readonly route: 'login' | 'validate' | 'check_access' | 'ticket' | 'guess' | 'starts' | 'calls';
    };

/** Takes an event and returns at once; never throws. */
export type Observe = (event: GatewayEvent) => void;
