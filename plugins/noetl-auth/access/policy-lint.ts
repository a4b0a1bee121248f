import type { AccessRule } from './access-rule.ts';
import { checkGrants } from './check-grants.ts';
import type { Grant } from './grant.ts';
import { compilePattern } from './pattern.ts';

/** The input of lint. Without `uses` the findings about uses are missing. */
export interface LintInput {
  readonly grants: readonly Grant[];
  readonly roles: readonly string[];
  readonly rules: ReadonlyMap<string, AccessRule>;
  /** Decisions of an audit log; undefined without an audit log. */
  readonly uses?: readonly { readonly roles: readonly string[]; readonly permission: string; readonly path: string }[];
  /** The paths that exist; undefined when the catalog is not known. */
  readonly catalog?: readonly string[];
}

/**
 * What is worth a look in a policy: grants that cannot match, that others cover, that no use needed or that are wider than
 * any use; roles without grants.
 * @returns one line each, with the place
 */
export function lintPolicy({ grants, roles, rules, uses, catalog }: LintInput): readonly string[] {
  const { problems, warnings } = checkGrants(grants, roles);
  return [
    ...problems,
    ...warnings,
    ...rolesWithoutGrants(grants, roles, rules),
    ...(catalog === undefined ? [] : grants.flatMap((grant) => unmatched(grant, catalog))),
    ...(uses === undefined ? [] : grants.flatMap((grant) => useOf(grant, uses))),
  ];
}

function rolesWithoutGrants(
  grants: readonly Grant[],
  roles: readonly string[],
  rules: ReadonlyMap<string, AccessRule>,
): readonly string[] {
  const named = [...rules.values()].flatMap((rule) => (rule.kind === 'role' ? rule.roles : []));
  return roles
    .filter((role) => !named.includes(role) && !grants.some((grant) => grant.effect === 'allow' && grant.role === role))
    .map((role) => `roles: ${role} has no grant and no operation; give it one, or remove it`);
}

/** Patterns that match no path that exists; a misspelt `deny` is found before it is needed. */
function unmatched(grant: Grant, catalog: readonly string[]): readonly string[] {
  const place = grant.source ?? `${grant.effect} ${grant.role}`;
  return [...grant.patterns, ...(grant.except ?? [])].flatMap((pattern) => {
    const matches = compilePattern(pattern);
    if (catalog.some(matches)) return [];
    const hasCapitals = pattern !== pattern.toLowerCase() && catalog.some(compilePattern(pattern.toLowerCase()));
    const hint = hasCapitals ? '; matching is exact in case, and it would match in small letters' : '';
    return [`${place}: no path of the catalog matches '${pattern}'${hint}`];
  });
}

function useOf(grant: Grant, uses: NonNullable<LintInput['uses']>): readonly string[] {
  if (grant.effect === 'deny') return [];
  const place = grant.source ?? `allow ${grant.role}`;
  const matchers = grant.patterns.map(compilePattern);
  const used = uses.filter(
    ({ roles, permission, path }) =>
      roles.includes(grant.role) &&
      grant.permissions.some((one) => one === permission) &&
      matchers.some((one) => one(path)),
  );
  if (used.length === 0) return [`${place}: no decision of the audit log needed it`];
  const idle = grant.permissions.filter((permission) => !used.some((use) => use.permission === permission));
  const folder = commonFolder(used.map(({ path }) => path));
  const narrower = `${folder}*`;
  const isNarrower =
    folder !== '' &&
    grant.patterns.every((pattern) => compilePattern(pattern)(`${folder}\uffff`) && pattern !== narrower);
  return [
    ...(idle.length === 0 ? [] : [`${place}: no decision of the audit log needed ${idle.join(', ')}`]),
    ...(isNarrower ? [`${place}: it is wider than its use: all ${used.length} decisions are on ${narrower}`] : []),
  ];
}

/** The folder that all paths are in, with its slash; empty when there is no such folder. */
function commonFolder(paths: readonly string[]): string {
  const [first = '', ...others] = paths;
  let folder = first.slice(0, first.lastIndexOf('/') + 1);
  while (folder !== '' && !others.every((path) => path.startsWith(folder))) {
    folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
  }
  return folder;
}
