import { claimAt } from './claim-path.ts';
import type { ClaimValue, TokenKind } from './issuer-entry.ts';
import type { IssuerRules } from './issuer-rules.ts';

type Claims = Readonly<Record<string, unknown>>;

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
