import fc from 'fast-check';
import type { Grant } from '../../plugins/noetl-auth/access/grant.ts';
import { type Permission, permissions } from '../../plugins/noetl-auth/access/grant.ts';

/** Few letters and short pieces, so that random patterns and paths meet. */
const piece = fc.stringMatching(/^[ab._-]{1,3}$/);
const patternPiece = fc.oneof({ weight: 3, arbitrary: piece }, fc.constantFrom('*', '%', '/', '**', 'A', '_'));

export const randomPattern = fc.array(patternPiece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
export const randomPath = fc
  .array(fc.oneof(piece, fc.constantFrom('A', 'ab', 'a_b')), { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'));
export const randomRole = fc.constantFrom('admin', 'analyst', 'viewer');
export const randomPermission = fc.constantFrom<Permission>(...permissions);

const randomParts = {
  role: randomRole,
  permissions: fc.uniqueArray(randomPermission, { minLength: 1, maxLength: 3 }),
  patterns: fc.array(randomPattern, { minLength: 1, maxLength: 3 }),
  source: fc.constant(undefined),
};

const randomAllow: fc.Arbitrary<Grant> = fc.record({ effect: fc.constant('allow' as const), ...randomParts });
const randomNarrowedAllow: fc.Arbitrary<Grant> = fc.record({
  effect: fc.constant('allow' as const),
  ...randomParts,
  except: fc.array(randomPattern, { minLength: 1, maxLength: 3 }),
});
const randomDeny: fc.Arbitrary<Grant> = fc.record({ effect: fc.constant('deny' as const), ...randomParts });

export const randomGrant: fc.Arbitrary<Grant> = fc.oneof(randomAllow, randomNarrowedAllow, randomDeny);

/**
 * Matching as slowly and plainly as can be: a wildcard takes every possible length. Written from the description of
 * patterns alone; shares nothing with the code under test.
 */
export function plainlyMatches(pattern: string, path: string): boolean {
  const [head] = pattern;
  if (head === undefined) return path === '';
  const rest = pattern.slice(1);
  if (head !== '*' && head !== '%') return path[0] === head && plainlyMatches(rest, path.slice(1));
  return [...path, ''].some((_, taken) => plainlyMatches(rest, path.slice(taken)));
}

/** Normal form, from its description alone. */
export function plainlyNormal(path: string): boolean {
  const segments = path.split('/');
  return (
    path.length <= 1024 &&
    path.trim() === path &&
    !/[%\\]/.test(path) &&
    segments.every((s) => !['', '.', '..'].includes(s))
  );
}

/** A decision from the description of grants alone. */
export function plainlyAllowed(
  grants: readonly Grant[],
  reserved: readonly string[],
  roles: readonly string[],
  permission: Permission,
  path: string,
): boolean {
  if (!plainlyNormal(path) || reserved.includes(path)) return false;
  const about = grants.filter(
    (grant) =>
      roles.includes(grant.role) &&
      grant.permissions.includes(permission) &&
      grant.patterns.some((pattern) => plainlyMatches(pattern, path)) &&
      !grant.except?.some((pattern) => plainlyMatches(pattern, path)),
  );
  return about.length > 0 && about.every(({ effect }) => effect === 'allow');
}
