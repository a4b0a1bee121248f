import { claimAt, isClaims } from './claim-path.ts';
import type { IssuerRules } from './issuer-rules.ts';

type Claims = Readonly<Record<string, unknown>>;

/** `dropped`: values of the claim that map to no role of the config. */
export interface ReadRoles {
  readonly roles: readonly string[];
  readonly dropped: readonly string[];
}

/**
 * The roles that a token gives: the values of the role claims, translated by the map, without those that the config does
 * not know. The default roles are not added here.
 *
 * Shapes: `["a", "b"]`, `"a"`, `"a b"`, `"a,b"`, `[{"name": "a"}]`, `{"a": …}` (Zitadel).
 */
export function readRoles(rules: IssuerRules['roles'], claims: Claims): ReadRoles {
  const values = [...new Set(rules.claims.flatMap((name) => valuesOf(claimAt(claims, name), rules.map)))];
  const roles = new Set<string>();
  const dropped: string[] = [];
  for (const value of values) {
    const named = translated(value, rules.map).filter((role) => rules.known.has(role));
    for (const role of named) roles.add(role);
    if (named.length === 0) dropped.push(value);
  }
  return { roles: [...roles], dropped };
}

/**
 * Whether the provider left the groups out because there are too many, and names another place for them.
 * @see https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference (groups overage claim)
 */
export function hasGroupsOverage(rules: IssuerRules['roles'], claims: Claims): boolean {
  const elsewhere = claims['_claim_names'];
  return rules.claims.some(
    (name) =>
      !Object.hasOwn(claims, name) &&
      ((isClaims(elsewhere) && Object.hasOwn(elsewhere, name)) || (name === 'groups' && claims['hasgroups'] === true)),
  );
}

function valuesOf(claim: unknown, map: IssuerRules['roles']['map']): readonly string[] {
  if (typeof claim === 'string') return splitText(claim, map);
  if (Array.isArray(claim)) return claim.flatMap(nameOf);
  return isClaims(claim) ? Object.keys(claim).filter((name) => name !== '') : [];
}

/** A text is one role if the map has it as it is, else a list with blanks or commas. */
function splitText(text: string, map: IssuerRules['roles']['map']): readonly string[] {
  if (map !== undefined && Object.hasOwn(map, text)) return [text];
  return text.split(/[\s,]+/).filter((name) => name !== '');
}

function nameOf(member: unknown): readonly string[] {
  const name = isClaims(member) ? (member['name'] ?? member['value']) : member;
  return typeof name === 'string' && name !== '' ? [name] : [];
}

function translated(value: string, map: IssuerRules['roles']['map']): readonly string[] {
  if (map === undefined) return [value];
  return Object.hasOwn(map, value) ? (map[value] ?? []) : [];
}
