import { type CompiledGrants, compileGrants } from './decision.ts';
import type { Grant } from './grant.ts';
import { permissions } from './grant.ts';
import { anyMatchOf, compilePattern, patternsOverlap, splitPattern } from './pattern.ts';
import { findInIndex } from './pattern-index.ts';
import { parsePlaybookPath } from './playbook-path.ts';

/** A gateway does not start with `problems`; it starts with `warnings`. One line each, with the place. */
export interface GrantFindings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Problems: unknown roles and permissions, empty lists, and a `deny` or an exception that would protect nothing: no path in
 * normal form can match it, or it is a pattern of another tool. Warnings: such a pattern in an `allow`, grants and exceptions that
 * change nothing, and a `deny` that leaves its role with nothing.
 */
export function checkGrants(grants: readonly Grant[], roles: readonly string[]): GrantFindings {
  const compiled = compileGrants(grants, []);
  const placed = grants.map((grant, index) => ({ grant, place: grant.source ?? `grants[${index}]` }));
  return {
    problems: placed.flatMap(({ grant, place }) => problemsOf(grant, roles).map((problem) => `${place}: ${problem}`)),
    warnings: placed.flatMap(({ grant, place }) =>
      [...warningsOf(grant, compiled), ...emptiedRole(grant, grants, compiled)].map(
        (warning) => `${place}: ${warning}`,
      ),
    ),
  };
}

/** Reported once, at the last `deny` of the role. */
function emptiedRole(grant: Grant, grants: readonly Grant[], compiled: CompiledGrants): readonly string[] {
  if (
    grant.effect === 'allow' ||
    grants.findLast(({ effect, role }) => effect === 'deny' && role === grant.role) !== grant
  )
    return [];
  const allowed = grants.filter(({ effect, role }) => effect === 'allow' && role === grant.role);
  return allowed.length > 0 && allowed.every((one) => coveringGrants(one, 'deny', compiled).every(Boolean))
    ? [`it leaves the role ${grant.role} with nothing: denials take all that its grants allow`]
    : [];
}

function problemsOf(grant: Grant, roles: readonly string[]): string[] {
  const unknown = grant.permissions.filter((permission) => !permissions.includes(permission));
  return [
    ...(roles.includes(grant.role) ? [] : [`unknown role ${grant.role}; roles are ${roles.join(', ')}`]),
    ...unknown.map((name) => `unknown permission ${name}; permissions are ${permissions.join(', ')}`),
    ...(grant.permissions.length === 0 ? ['it names no permission'] : []),
    ...(grant.patterns.length === 0 ? ['it names no pattern'] : []),
    ...(grant.effect === 'deny' && grant.except !== undefined ? ['a deny takes no exceptions'] : []),
    ...[...(grant.effect === 'deny' ? grant.patterns : []), ...(grant.except ?? [])].flatMap(matchesNothing),
  ];
}

const matchesNothing = (pattern: string): readonly string[] =>
  canMatch(pattern) ? foreignMark(pattern) : [`no path can match '${pattern}'`];

/** A mark that patterns of other tools have and that is only a character here; a path with it is matched by `*` in its place. */
function foreignMark(pattern: string): readonly string[] {
  const mark = pattern.match(/[?{}[\]^$|()]|^!/)?.[0];
  if (mark === undefined) return [];
  return [
    `'${pattern}': ${mark} is no wildcard here, only * and % are; write each path as a pattern of its own, or * in the place of ${mark}`,
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
  const idle = (grant.except ?? [])
    .filter((exception) => !grant.patterns.some((pattern) => patternsOverlap(pattern, exception)))
    .map((exception) => `the exception '${exception}' changes nothing: no pattern of the grant reaches it`);
  const idlePatterns = grant.effect === 'allow' ? grant.patterns.flatMap(matchesNothing) : [];
  return [...idlePatterns, ...idle, ...effectWarnings(grant, compiled)];
}

function effectWarnings(grant: Grant, compiled: CompiledGrants): string[] {
  if (grant.patterns.every((pattern) => (grant.except ?? []).some((exception) => covers(exception, pattern)))) {
    return ['it allows nothing: its exceptions take all of it away'];
  }
  if (grant.effect === 'allow' && coveringGrants(grant, 'deny', compiled).every((denial) => denial !== undefined)) {
    return ['it allows nothing: denials take all of it away'];
  }
  // The index answers with the first grant that covers, so that a grant which is needed finds itself.
  const first = coveringGrants(grant, grant.effect, compiled);
  return first.includes(grant) ? [] : ['it adds nothing to the grants before it'];
}

/** Whether every path that matches `inner` matches `outer`. */
const covers = (outer: string, inner: string): boolean => compilePattern(outer)(anyMatchOf(inner));

/** For each permission and pattern of a grant: the first grant of the same role that covers it whole. */
function coveringGrants(grant: Grant, effect: Grant['effect'], { index }: CompiledGrants): (Grant | undefined)[] {
  return grant.permissions.flatMap((permission) => {
    const ofRole = index[effect].get(permission)?.get(grant.role);
    return grant.patterns.map(
      (pattern) =>
        ofRole &&
        findInIndex(ofRole, anyMatchOf(pattern), (other) => leavesOutNoMore(other.grant, grant, pattern))?.grant,
    );
  });
}

/** Whether what `other` leaves out of the pattern is left out by the grant itself too. */
function leavesOutNoMore(other: Grant, grant: Grant, pattern: string): boolean {
  return (other.except ?? []).every(
    (exception) => !patternsOverlap(exception, pattern) || (grant.except ?? []).some((own) => covers(own, exception)),
  );
}
