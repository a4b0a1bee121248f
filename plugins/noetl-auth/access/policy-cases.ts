import type { AccessRule } from './access-rule.ts';
import { type CompiledGrants, decideOnText } from './decision.ts';
import { explainPath } from './explain.ts';
import { pathExplanationText } from './explain-text.ts';
import type { Permission } from './grant.ts';

/** A question with the answer that the author of a policy expects. */
export interface PolicyCase {
  readonly roles: readonly string[];
  /** A permission on a path; or `field`, whose access rule names the permission. */
  readonly permission?: Permission;
  readonly field?: string;
  /** The catalog path; of an execution's playbook where the field is about an execution. */
  readonly playbook?: string;
  readonly expect: 'allowed' | 'denied';
  /** `file:line`. */
  readonly source: string;
}

/** A case as it was decided. */
export interface CaseResult extends PolicyCase {
  readonly passed: boolean;
  /** The decision and its reason, as `explain` prints them. */
  readonly text: string;
}

/** Decides each case as a request would be decided. A case that cannot be decided has failed. */
export function runPolicyCases(
  cases: readonly PolicyCase[],
  grants: CompiledGrants,
  rules: ReadonlyMap<string, AccessRule>,
): readonly CaseResult[] {
  return cases.map((one) => {
    const { allowed, text } = decideCase(one, grants, rules);
    return { ...one, passed: allowed === (one.expect === 'allowed'), text };
  });
}

interface Decided {
  /** Undefined: it cannot be decided outside of a running gateway, or the case is incomplete. */
  readonly allowed: boolean | undefined;
  readonly text: string;
}

function decideCase(
  { roles, permission, field, playbook }: PolicyCase,
  grants: CompiledGrants,
  rules: ReadonlyMap<string, AccessRule>,
): Decided {
  if (field === undefined) return onPath(grants, roles, permission, playbook, false);
  const rule = rules.get(field);
  switch (rule?.kind) {
    case undefined:
    case 'closed':
      return { allowed: false, text: `no: ${field} is closed` };
    case 'authenticated':
      return { allowed: true, text: `yes: every session may call ${field}` };
    case 'role': {
      const allowed = rule.roles.some((role) => roles.includes(role));
      return {
        allowed,
        text: `${allowed ? 'yes' : 'no'}: ${field} is for users with the role ${rule.roles.join(' or ')}`,
      };
    }
    case 'custom':
      return { allowed: undefined, text: `${field}: a function of the config decides, which cannot be tested here` };
    case 'path':
      return onPath(grants, roles, rule.permission, rule.path, false);
    case 'playbook':
    case 'source':
    case 'execution':
      return onPath(grants, roles, rule.permission, playbook, rule.kind === 'execution');
  }
}

function onPath(
  grants: CompiledGrants,
  roles: readonly string[],
  permission: Permission | undefined,
  path: string | undefined,
  ofExecution: boolean,
): Decided {
  if (permission === undefined || path === undefined) {
    return { allowed: undefined, text: 'the case names no permission and playbook' };
  }
  const implied = ofExecution && decideOnRun(grants, roles, permission, path) === 'implied';
  const explanation = explainPath(grants, { roles, permission: implied ? 'execute' : permission, path });
  return { allowed: explanation.decision.allowed, text: pathExplanationText(explanation) };
}

/** As for executions of a playbook: `execute` implies `view`, unless a grant denies `view`. */
export function decideOnRun(
  grants: CompiledGrants,
  roles: readonly string[],
  permission: Permission,
  path: string,
): 'allowed' | 'implied' | 'denied' {
  const decision = decideOnText(grants, { roles }, permission, path);
  if (decision.allowed) return 'allowed';
  const implied = permission === 'view' && decision.why === 'no-grant';
  return implied && decideOnText(grants, { roles }, 'execute', path).allowed ? 'implied' : 'denied';
}
