import type { GatewayError } from './errors.ts';
import type { Decision } from './noetl-auth/access/decision.ts';
import type { Grant, Permission } from './noetl-auth/access/grant.ts';
import type { Session } from './noetl-auth/session/session.ts';
import type { SessionToken } from './noetl-auth/session/session-token.ts';
import type { MaybePromise } from './single-flight.ts';

/**
 * What was decided for one root field, with the coerced arguments it was decided on: resolvers run on these and no
 * others. `field` is the name of the field that was judged, whatever its alias. `onAnswer`: decided on the playbook path
 * of the execution that the upstream names.
 */
export type RootDecision =
  | {
      readonly outcome: 'allowed';
      readonly field: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly grant: Grant | undefined;
      readonly permission?: Permission;
      readonly path: string | undefined;
      readonly rows: 'executions' | 'playbooks' | undefined;
      /** Why a custom rule allowed it. */
      readonly reason?: string;
    }
  | {
      readonly outcome: 'onAnswer';
      readonly field: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly permission: Permission;
    }
  | { readonly outcome: 'denied'; readonly field: string; readonly error: GatewayError };

/** Who is calling, and where from. One per HTTP request. */
export interface Caller {
  readonly session: Session;
  readonly token: SessionToken;
}

/**
 * What a GraphQL operation runs with. `decisions` is by response key; a root field without one is refused by its
 * resolver, whatever else went wrong.
 */
export interface CallContext {
  readonly requestId: string;
  readonly caller: Caller;
  readonly decisions: ReadonlyMap<string, RootDecision>;
  /** Decides a call of another operation for the same caller, by the rule of that operation; for fields of the gateway's own. */
  readonly decide?: (call: {
    readonly name: string;
    readonly root: 'query' | 'mutation';
    readonly args: Readonly<Record<string, unknown>>;
  }) => Promise<RootDecision>;
  /** A header of the caller's request; for rows that forward it. */
  readonly header?: (name: string) => string | undefined;
  /** The access checkers, for rows of lists. @throws when it cannot find out. */
  readonly may: (permission: Permission, path: string) => Promise<boolean>;
  /**
   * The same for executions of the playbook on that path, which a caller that may execute it may also view.
   * @throws when it cannot find out.
   */
  readonly mayOnExecution: (permission: Permission, path: string) => Promise<boolean>;
  /** As `mayOnExecution`, with the grant that decided. */
  readonly judgeOnExecution: (permission: Permission, path: string) => MaybePromise<Decision>;
  /** For streams, which outlive what was decided when they began. @returns undefined: the session is over. @throws when it cannot find out */
  readonly renew?: (
    decision: Pick<RootDecision & { outcome: 'allowed' }, 'field' | 'args'>,
  ) => Promise<RenewedCall | undefined>;
}

/** A call of a stream, judged again: the session as it is now, and the decision by the grants of now. */
export type RenewedCall = Pick<CallContext, 'caller' | 'may' | 'mayOnExecution' | 'judgeOnExecution'> & {
  readonly decision: RootDecision;
};
