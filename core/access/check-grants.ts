import { type CompiledGrants, compileGrants } from './decision.ts';
import type { Grant } from './grant.ts';
import { anyMatchOf, splitPattern } from './pattern.ts';
import { findInIndex } from './pattern-index.ts';
import { permissions } from './permission.ts';
import { parsePlaybookPath } from './playbook-path.ts';

/** `problems` must be mended before a gateway starts; `warnings` are worth a look. One line each, with the place. */
export interface GrantFindings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Looks for grants that cannot mean what they say: unknown roles and permissions, empty lists, patterns that no path in
 * normal form can match (a `deny` of such a pattern protects nothing); and for those that change nothing.
 */
export function checkGrants(grants: readonly Grant[], roles: readonly string[]): GrantFindings {
  const compiled = compileGrants(grants, []);
  const placed = grants.map((grant, index) => ({ grant, place: grant.source ?? `grants[${index}]` }));
  return {
    problems: placed.flatMap(({ grant, place }) => problemsOf(grant, roles).map((problem) => `${place}: ${problem}`)),
    warnings: placed.flatMap(({ grant, place }) =>
      warningsOf(grant, compiled).map((warning) => `${place}: ${warning}`),
    ),
  };
}

function problemsOf(grant: Grant, roles: readonly string[]): string[] {
  const unknown = grant.permissions.filter((permission) => !permissions.includes(permission));
  return [
    ...(roles.includes(grant.role) ? [] : [`there is no role ${grant.role}; roles are ${roles.join(', ')}`]),
    ...unknown.map((name) => `there is no permission ${name}; permissions are ${permissions.join(', ')}`),
    ...(grant.permissions.length === 0 ? ['it names no permission'] : []),
    ...(grant.patterns.length === 0 ? ['it names no pattern'] : []),
    ...grant.patterns.filter((pattern) => !canMatch(pattern)).map((pattern) => `no path can match '${pattern}'`),
  ];
}

/**
 * Whether some path in normal form matches. A wildcard can always be filled with a letter, which breaks no rule and ends
 * every segment it touches; so the pattern filled in that way is the easiest path of all.
 */
export function canMatch(pattern: string): boolean {
  const { prefix, middle, suffix } = splitPattern(pattern);
  const pieces = [prefix, ...middle, ...(suffix === undefined ? [] : [suffix])];
  // The second is for a pattern that is as long as a path may be.
  return parsePlaybookPath(pieces.join('a')) !== undefined || parsePlaybookPath(pieces.join('')) !== undefined;
}

function warningsOf(grant: Grant, compiled: CompiledGrants): string[] {
  if (grant.effect === 'allow' && coveringGrants(grant, 'deny', compiled).every((denial) => denial !== undefined)) {
    return ['it allows nothing: denials take all of it away'];
  }
  // The index answers with the first grant that covers, so that a grant which is needed finds itself.
  const first = coveringGrants(grant, grant.effect, compiled);
  return first.includes(grant) ? [] : ['it adds nothing to the grants before it'];
}

/** For each permission and pattern of a grant: the first grant of the same role that covers it whole. */
function coveringGrants(grant: Grant, effect: Grant['effect'], { index }: CompiledGrants): (Grant | undefined)[] {
  return grant.permissions.flatMap((permission) => {
    const ofRole = index[effect].get(permission)?.get(grant.role);
    return grant.patterns.map((pattern) => ofRole && findInIndex(ofRole, anyMatchOf(pattern)));
  });
}
