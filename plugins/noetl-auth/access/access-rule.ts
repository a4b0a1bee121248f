import type { User } from '../session/session.ts';
import type { Permission } from './grant.ts';

/** The input of a custom access rule. `args` are coerced: defaults applied, variables resolved. */
export interface AccessRequest {
  readonly field: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly user: User;
  /** Asks the configured access checkers, as every other rule does. */
  readonly may: (permission: Permission, path: string) => Promise<boolean>;
  /** Headers of the request, by names in lower case, without those that hold the session or other credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** When the rule was asked, by the clock of the server. */
  readonly time: Date;
}

/**
 * The decision of a custom rule. The audit log has the `reason`, one line of at most 200 characters; with `show` the error of a
 * caller who is denied has it too.
 */
export type AccessVerdict =
  | boolean
  | { readonly allow: boolean; readonly reason?: string | undefined; readonly show?: boolean | undefined };

/** A function of the config that decides. */
export type CustomRule = (request: AccessRequest) => AccessVerdict | Promise<AccessVerdict>;

/**
 * Who may call an operation.
 * - `closed`: no user
 * - `authenticated`: everyone with a session; `rows` then names the list whose rows are left out without `view`
 * - `role`: a user who has one of the roles
 * - `playbook`: `permission` on the catalog path in `argument`
 * - `path`: `permission` on the catalog path that the rule itself names; of actions
 * - `execution`: `permission` on the playbook of the execution whose id is in `argument`; hidden reads as missing
 * - `source`: `permission` on the catalog path that the playbook source in `argument` names
 * - `custom`: the verdict that the function resolves to; an error denies
 */
export type AccessRule<Role extends string = string, Argument extends string = string> =
  | { readonly kind: 'closed' }
  | { readonly kind: 'authenticated'; readonly rows?: 'executions' | 'playbooks' }
  | { readonly kind: 'role'; readonly roles: readonly Role[] }
  | { readonly kind: 'playbook'; readonly permission: Permission; readonly argument: Argument }
  | { readonly kind: 'path'; readonly permission: Permission; readonly path: string }
  | { readonly kind: 'execution'; readonly permission: Permission; readonly argument: Argument }
  | { readonly kind: 'source'; readonly permission: Permission; readonly argument: Argument }
  | { readonly kind: 'custom'; readonly decide: CustomRule };

/** No caller at all: the row stays in the config, and the field is not in the schema. */
export const closed = (): { readonly kind: 'closed' } => ({ kind: 'closed' });

/** Everyone with a session. `rows`: what the list holds; rows without `view` are left out of the answer. */
export const authenticated = (options: { rows?: 'executions' | 'playbooks' } = {}) =>
  ({ kind: 'authenticated', ...options }) as const;

/** Users who have at least one of the roles. */
export const role = <const R extends string>(...roles: readonly R[]) => ({ kind: 'role', roles }) as const;

/** `permission` on the catalog path that the argument names. `argument` is the public name. */
export const onPlaybook = <const A extends string>(permission: Permission, argument: A) =>
  ({ kind: 'playbook', permission, argument }) as const;

/** `permission` on the playbook of the execution whose id the argument holds. `argument` is the public name. */
export const onExecution = <const A extends string>(permission: Permission, argument: A) =>
  ({ kind: 'execution', permission, argument }) as const;

/** `permission` on the catalog path that a playbook's source (YAML) in the argument names. `argument` is the public name. */
export const onSource = <const A extends string>(permission: Permission, argument: A) =>
  ({ kind: 'source', permission, argument }) as const;

/** A custom rule. A function that throws or rejects denies. */
export const custom = (decide: CustomRule) => ({ kind: 'custom', decide }) as const;
