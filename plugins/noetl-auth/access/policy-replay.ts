import type { AccessRule } from './access-rule.ts';
import { type CompiledGrants, decide } from './decision.ts';
import { explainPath } from './explain.ts';
import { pathExplanationText } from './explain-text.ts';
import { type Permission, parsePermission } from './permission.ts';
import { decideOnRun } from './policy-cases.ts';

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
      : decide(grants, { roles }, permission, path).allowed;
    const is = allowed ? 'allowed' : 'denied';
    if (is === was) return [];
    return [{ ...past, was, is, reason: pathExplanationText(explainPath(grants, { roles, permission, path })) }];
  });
}
