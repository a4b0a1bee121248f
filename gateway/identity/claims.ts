import type { ClaimValue, IssuerRules, TokenKind } from '../config/issuers.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * A claim by its exact name, or by a dotted path into nested claims. Keys that hold dots themselves are found too:
 * `resource_access.my.app.roles` finds `{"resource_access": {"my.app": {"roles": …}}}`. Only own members count.
 * @returns undefined: the claim is absent.
 */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const key = path.slice(0, dot);
    const inner = Object.hasOwn(claims, key) ? claims[key] : undefined;
    if (!isClaims(inner)) continue;
    const found = claimAt(inner, path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a value can be the claims of a token: an object and no list. */
export const isClaims = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `typ` of a JWT's header: what may be a login at all. Okta's access tokens have a name of their own. */
const headerKinds: Readonly<Record<string, TokenKind | 'either'>> = {
  jwt: 'either',
  'at+jwt': 'access_token',
  'okta-internal-at+jwt': 'access_token',
};

/** `typ` in the payload, as Keycloak writes it; `Refresh`, `Offline`, `Logout` and the like are not logins. */
const payloadKinds: Readonly<Record<string, TokenKind | 'either'>> = {
  id: 'id_token',
  bearer: 'access_token',
  jwt: 'either',
};

const tokenUses: Readonly<Record<string, TokenKind>> = { id: 'id_token', access: 'access_token' };

/** Claims that only ID tokens have (OpenID Connect Core 1.0, sections 2 and 3.3.2.11). */
const idMarks = ['nonce', 'at_hash', 'c_hash', 's_hash'];

/** Claims that only access tokens have: RFC 9068, and what Entra, Okta and Cognito write instead. */
const accessMarks = ['scope', 'scp', 'client_id', 'cid', 'appid', 'appidacr', 'azpacr', 'gty', 'idtyp'];

/**
 * What a JWT is by its header and claims.
 * @returns undefined: not a login. A logout token, a refresh token, a security event and so on have a `typ` or a
 * `token_use` of its own, or `events` (RFC 8417); a JWT of an unknown kind is not accepted as another.
 */
export function tokenKind(typ: unknown, claims: Claims): TokenKind | undefined {
  if (claims['events'] !== undefined) return undefined;
  const kinds = [
    lookUp(headerKinds, typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ),
    lookUp(payloadKinds, typeof claims['typ'] === 'string' ? claims['typ'].toLowerCase() : claims['typ']),
    lookUp(tokenUses, claims['token_use']),
  ].filter((kind) => kind !== 'either');
  const [kind] = kinds;
  if (kinds.some((other) => other !== kind)) return undefined;
  if (kinds.length > 0) return kind;
  const has = (name: string): boolean => claims[name] !== undefined;
  return !idMarks.some(has) && accessMarks.some(has) ? 'access_token' : 'id_token';
}

/** `either` for an absent value; undefined for a value that is not in the list. */
function lookUp<T extends string>(kinds: Readonly<Record<string, T>>, value: unknown): T | 'either' | undefined {
  if (value === undefined) return 'either';
  return typeof value === 'string' && Object.hasOwn(kinds, value) ? kinds[value] : undefined;
}

/** The client that a token was given to. */
export function clientOf(claims: Claims): string | undefined {
  return [claims['azp'], claims['client_id'], claims['cid'], claims['appid']].find(
    (client): client is string => typeof client === 'string' && client !== '',
  );
}

/**
 * Whether an access token is a client's own (client credentials), not a person's.
 * Auth0 sends `gty`, Entra `idtyp`; elsewhere the subject is the client (RFC 9068, section 5).
 */
export function isMachine(rules: IssuerRules, kind: TokenKind, claims: Claims): boolean {
  if (kind === 'id_token') return false;
  if (claims['gty'] === 'client-credentials' || claims['idtyp'] === 'app') return true;
  const own = rules.machines?.claim;
  if (own !== undefined && claims[own] !== undefined) return true;
  const client = clientOf(claims);
  if (client === undefined) return false;
  const { sub } = claims;
  // Entra, version 1 and 2, without the optional `idtyp`: the object is the subject, and there is no delegated scope.
  const isEntraApp = typeof claims['oid'] === 'string' && claims['oid'] === sub && claims['scp'] === undefined;
  return sub === client || sub === `${client}@clients` || isEntraApp;
}

/** The first claim that is missing or has another value. */
export function unmetClaim(required: IssuerRules['required'], claims: Claims): string | undefined {
  for (const [name, allowed] of required) {
    const value = claimAt(claims, name);
    const members: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!members.some((member) => allowed.includes(member as ClaimValue))) return name;
  }
  return undefined;
}

/** The first scope that an access token lacks. */
export function missingScope(needed: readonly string[], claims: Claims): string | undefined {
  const granted = scopesOf(claims) ?? [];
  return needed.find((scope) => !granted.includes(scope));
}

/** `scope` is a text (RFC 8693), `scp` a text or a list. @returns undefined: the token has no such claim. */
export function scopesOf(claims: Claims): readonly unknown[] | undefined {
  const given = [claims['scope'], claims['scp']].filter((value) => value !== undefined);
  if (given.length === 0) return undefined;
  return given.flatMap((value) => (typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []));
}

/** An address that may be used; undefined for no address; or the reason why the address may not be used. */
export type ReadEmail =
  | { readonly email: string | undefined }
  | { readonly refused: 'email_unverified' | 'email_domain' | 'email_invalid' };

/** RFC 5321, section 4.5.3.1.3, without the angle brackets. */
const longestAddress = 254;

/** Reads the e-mail address of a token, and whether its issuer may vouch for it. */
export function readEmail(rules: IssuerRules['email'], claims: Claims): ReadEmail {
  if (rules.trust === 'never') return { email: undefined };
  const given = rules.claims.map((name) => claimAt(claims, name)).filter((value) => value !== undefined);
  const [address] = given.filter((value) => value !== null && value !== '');
  if (address === undefined) return { email: undefined };
  const domain = typeof address === 'string' ? domainOf(address) : undefined;
  if (typeof address !== 'string' || domain === undefined) return { refused: 'email_invalid' };
  const isOurs = rules.domains === undefined ? !rules.exceptDomains.has(domain) : rules.domains.has(domain);
  if (!isOurs) return { refused: 'email_domain' };
  const verified = rules.verifiedClaims.map((name) => claimAt(claims, name));
  if (verified.some(isYes)) return { email: address };
  const isDenied = verified.some((value) => value !== undefined && value !== null);
  return rules.trust === 'domains' && !isDenied ? { email: address } : { refused: 'email_unverified' };
}

/** Cognito and others write booleans as text; Entra's `xms_edov` is a number or a text. */
const isYes = (value: unknown): boolean => value === true || value === 'true' || value === 1 || value === '1';

function domainOf(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  if (at < 1 || address.length > longestAddress || /[\s\p{Cc}]/u.test(address)) return undefined;
  const domain = address.slice(at + 1).toLowerCase();
  return domain === '' ? undefined : domain;
}

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
  if (Array.isArray(claim)) return claim.flatMap(roleName);
  return isClaims(claim) ? Object.keys(claim).filter((name) => name !== '') : [];
}

/** A text is one role if the map has it as it is, else a list with blanks or commas. */
function splitText(text: string, map: IssuerRules['roles']['map']): readonly string[] {
  if (map !== undefined && Object.hasOwn(map, text)) return [text];
  return text.split(/[\s,]+/).filter((name) => name !== '');
}

function roleName(member: unknown): readonly string[] {
  const name = isClaims(member) ? (member['name'] ?? member['value']) : member;
  return typeof name === 'string' && name !== '' ? [name] : [];
}

function translated(value: string, map: IssuerRules['roles']['map']): readonly string[] {
  if (map === undefined) return [value];
  return Object.hasOwn(map, value) ? (map[value] ?? []) : [];
}
