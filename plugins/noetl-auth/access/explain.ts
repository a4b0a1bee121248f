import type { Operation } from '../../operation.ts';
import type { AccessRule } from './access-rule.ts';
import { type CompiledGrants, type Decision, decideOnText } from './decision.ts';
import type { Grant, Permission } from './grant.ts';
import { compilePattern, splitPattern } from './pattern.ts';

/** Who wants to do what on which catalog path. */
export interface PathQuestion {
  /** One role, or all roles of a user. */
  readonly roles: readonly string[];
  readonly permission: Permission;
  /** As it was asked; one that is not in normal form is denied before any pattern is tried (ADR 0005). */
  readonly path: string;
}

/** Who may do what on a path, and why. `nearest`, `excepted` and `others` are filled when no grant allows. */
export interface PathExplanation extends PathQuestion {
  readonly decision: Decision;
  /** The roles' own allowing pattern that has most of the path's beginning. */
  readonly nearest: { readonly grant: Grant; readonly pattern: string } | undefined;
  /** The roles' own grants that would allow it without their exception. */
  readonly excepted: readonly { readonly grant: Grant; readonly exception: string }[];
  /** Grants that allow it to another role. */
  readonly others: readonly Grant[];
}

/** The decision that a request gets, with the grants that explain it. */
export function explainPath(compiled: CompiledGrants, question: PathQuestion): PathExplanation {
  const { roles, permission, path } = question;
  const decision = decideOnText(compiled, { roles }, permission, path);
  const missing = !decision.allowed && decision.why === 'no-grant';
  const allows = compiled.grants.filter((grant) => grant.effect === 'allow' && grant.permissions.includes(permission));
  const own = allows.filter(({ role }) => roles.includes(role));
  const others = allows.filter(({ role }) => !roles.includes(role));
  return {
    ...question,
    decision,
    nearest: missing ? nearestOf(own, path) : undefined,
    excepted: missing ? own.flatMap((grant) => exceptionOn(grant, path)) : [],
    others: missing ? others.filter((grant) => matches(grant, path) && exceptionOn(grant, path).length === 0) : [],
  };
}

const matches = (grant: Grant, path: string) => grant.patterns.some((pattern) => compilePattern(pattern)(path));

/** The first exception of a grant that leaves out a path which its patterns match. */
function exceptionOn(grant: Grant, path: string): PathExplanation['excepted'] {
  const exception = grant.except?.find((pattern) => compilePattern(pattern)(path));
  return exception === undefined || !matches(grant, path) ? [] : [{ grant, exception }];
}

function nearestOf(grants: readonly Grant[], path: string): PathExplanation['nearest'] {
  const candidates = grants.flatMap((grant) =>
    grant.patterns.map((pattern) => ({ grant, pattern, shared: sharedStart(splitPattern(pattern).prefix, path) })),
  );
  const best = candidates.reduce<(typeof candidates)[number] | undefined>(
    (found, candidate) => (found === undefined || candidate.shared > found.shared ? candidate : found),
    undefined,
  );
  return best && { grant: best.grant, pattern: best.pattern };
}

function sharedStart(prefix: string, path: string): number {
  let length = 0;
  while (length < prefix.length && prefix[length] === path[length]) length += 1;
  return length;
}

/** The calls of an operation that a role may make: all, none, those that a function of the config allows, or those on some paths. */
export type RoleAccess =
  | { readonly kind: 'all' | 'none' | 'custom' }
  | { readonly kind: 'paths'; readonly allow: readonly Grant[]; readonly deny: readonly Grant[] };

/** The parts of an operation that an explanation needs. */
export type ExplainedOperation = Pick<Operation, 'field' | 'root' | 'access'>;

/** The access of each role to one operation. */
export interface FieldExplanation {
  readonly operation: ExplainedOperation;
  readonly byRole: ReadonlyMap<string, RoleAccess>;
}

type Grants = Pick<CompiledGrants, 'grants'>;

/** The access of each role to an operation, by its access rule. */
export function explainField(
  compiled: Grants,
  roles: readonly string[],
  operation: ExplainedOperation,
): FieldExplanation {
  return { operation, byRole: new Map(roles.map((role) => [role, accessOf(compiled, role, operation.access)])) };
}

function accessOf(compiled: Grants, role: string, rule: AccessRule): RoleAccess {
  switch (rule.kind) {
    case 'closed':
      return { kind: 'none' };
    case 'authenticated':
      // Everyone may ask for a list, and gets the rows that grants of these permissions show.
      return rule.rows === undefined ? { kind: 'all' } : onPaths(compiled, role, rowPermissions[rule.rows]);
    case 'role':
      return { kind: rule.roles.includes(role) ? 'all' : 'none' };
    case 'custom':
      return { kind: 'custom' };
    case 'path':
      return onOnePath(compiled, role, rule);
    case 'playbook':
    case 'source':
      return onPaths(compiled, role, [rule.permission]);
    case 'execution':
      // `execute` on a playbook implies `view` of its executions.
      return onPaths(compiled, role, rule.permission === 'view' ? ['view', 'execute'] : [rule.permission]);
  }
}

/** The path is known, so the answer is: yes or no. */
function onOnePath({ grants }: Grants, role: string, rule: { permission: Permission; path: string }): RoleAccess {
  const holds = (patterns: readonly string[] = []) => patterns.some((one) => compilePattern(one)(rule.path));
  const fitting = grants.filter(
    (grant) =>
      grant.role === role &&
      grant.permissions.includes(rule.permission) &&
      holds(grant.patterns) &&
      !holds(grant.except),
  );
  const isAllowed = fitting.length > 0 && fitting.every(({ effect }) => effect === 'allow');
  return { kind: isAllowed ? 'all' : 'none' };
}

const rowPermissions = { executions: ['view', 'execute'], playbooks: ['view'] } as const;

function onPaths({ grants }: Grants, role: string, permissions: readonly [Permission, ...Permission[]]): RoleAccess {
  const ofRole = grants.filter((grant) => grant.role === role);
  const allow = ofRole.filter(
    (grant) => grant.effect === 'allow' && permissions.some((permission) => grant.permissions.includes(permission)),
  );
  if (allow.length === 0) return { kind: 'none' };
  const [asked] = permissions;
  // A deny of what is asked for is final. One of what implies it counts when nothing else gives access.
  const isImplied = !allow.some((grant) => grant.permissions.includes(asked));
  const decisive = isImplied ? permissions : [asked];
  const isDenied = ({ effect, permissions: given }: Grant) =>
    effect === 'deny' && decisive.some((permission) => given.includes(permission));
  return { kind: 'paths', allow, deny: ofRole.filter(isDenied) };
}

/** The matrix of roles and operations, in the order in which both were asked about. */
export interface TableExplanation {
  readonly roles: readonly string[];
  readonly rows: readonly FieldExplanation[];
}

/** Roles × operations. */
export function explainTable(
  compiled: Grants,
  roles: readonly string[],
  operations: readonly ExplainedOperation[],
): TableExplanation {
  return { roles, rows: operations.map((operation) => explainField(compiled, roles, operation)) };
}
