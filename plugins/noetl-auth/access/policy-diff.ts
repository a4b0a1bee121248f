import type { AccessRule } from './access-rule.ts';
import { type CompiledGrants, decideOnText } from './decision.ts';
import { explainPath } from './explain.ts';
import { pathExplanationText } from './explain-text.ts';
import type { Grant } from './grant.ts';
import { type Permission, parsePermission, permissions } from './grant.ts';
import { splitPattern } from './pattern.ts';
import { parsePlaybookPath } from './playbook-path.ts';
import { decideOnRun } from './policy-cases.ts';

/** Permissions that a role gains, or loses, on the paths of a pattern. */
export interface PolicyChange {
  readonly kind: 'opens' | 'closes';
  readonly role: string;
  readonly permission: Permission;
  /** A pattern of one of the two policies; the change is on paths that match it and no narrower pattern. */
  readonly pattern: string;
}

/**
 * Compares two policies by what they decide, not by how they are written. Every pattern of both, and every place where two of
 * them meet, is tried with an example path, for each role and permission.
 */
export function diffPolicies(
  before: CompiledGrants,
  after: CompiledGrants,
  roles: readonly string[],
): readonly PolicyChange[] {
  const examples = examplePaths([...before.grants, ...after.grants]);
  const changes = roles.flatMap((role) =>
    permissions.flatMap((permission) =>
      examples.flatMap(({ pattern, path }): PolicyChange[] => {
        const was = decideOnText(before, { roles: [role] }, permission, path).allowed;
        const is = decideOnText(after, { roles: [role] }, permission, path).allowed;
        return was === is ? [] : [{ kind: is ? 'opens' : 'closes', role, permission, pattern }];
      }),
    ),
  );
  return [...new Map(changes.map((change) => [Object.values(change).join(' '), change])).values()];
}

/** A text that no pattern is likely to name, so that only wildcards match it. */
const filler = 'x~example';

function examplePaths(grants: readonly Grant[]): readonly { readonly pattern: string; readonly path: string }[] {
  const patterns = new Set(grants.flatMap(({ patterns: own, except = [] }) => [...own, ...except]));
  return [...patterns].flatMap((pattern) => {
    const { prefix, middle, suffix } = splitPattern(pattern);
    const pieces = [prefix, ...middle, ...(suffix === undefined ? [] : [suffix])];
    // With and without text in the place of a wildcard: `a*` matches `a` too.
    const texts = new Set([pieces.join(filler), pieces.join('')]);
    return [...texts].filter((text) => parsePlaybookPath(text) !== undefined).map((path) => ({ pattern, path }));
  });
}

/** A decision on a path, as an audit log has it. */
export interface PastDecision {
  /** `file:line`. */
  readonly source: string;
  readonly field: string;
  readonly roles: readonly string[];
  readonly permission: Permission;
  readonly path: string;
  readonly outcome: 'allowed' | 'denied';
}

/** A past decision that comes out differently now. */
export interface ReplayedDecision extends PastDecision {
  readonly was: 'allowed' | 'denied';
  readonly is: 'allowed' | 'denied';
  /** As `explain` prints it. */
  readonly reason: string;
}

/** The decision on a path in an entry of the audit log. @returns undefined: the entry has no such decision */
export function decisionOf(entry: Readonly<Record<string, unknown>>, source: string): PastDecision | undefined {
  const { audit, field, roles, path, outcome } = entry;
  const permission = typeof entry['permission'] === 'string' ? parsePermission(entry['permission']) : undefined;
  if (audit === undefined || permission === undefined || typeof path !== 'string' || !Array.isArray(roles))
    return undefined;
  const decided = audit === 'denied' ? outcome : 'allowed';
  if (decided !== 'allowed' && decided !== 'denied') return undefined;
  return { source, field: String(field), roles: roles.map(String), permission, path, outcome: decided };
}

/** Decides past decisions again, each with the roles that the user had then. @returns those that come out differently */
export function replayDecisions(
  decisions: readonly PastDecision[],
  grants: CompiledGrants,
  rules: ReadonlyMap<string, AccessRule>,
): readonly ReplayedDecision[] {
  return decisions.flatMap((past) => {
    const { roles, permission, path, outcome: was } = past;
    const ofRun = rules.get(past.field)?.kind === 'execution';
    const allowed = ofRun
      ? decideOnRun(grants, roles, permission, path) !== 'denied'
      : decideOnText(grants, { roles }, permission, path).allowed;
    const is = allowed ? 'allowed' : 'denied';
    if (is === was) return [];
    return [{ ...past, was, is, reason: pathExplanationText(explainPath(grants, { roles, permission, path })) }];
  });
}
