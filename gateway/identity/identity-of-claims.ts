import type { Identity, LoginExpectation } from '../../plugins/ports.ts';
import {
  claimAt,
  clientOf,
  hasGroupsOverage,
  isMachine,
  missingScope,
  readEmail,
  readRoles,
  scopesOf,
  unmetClaim,
} from '../config/identity/claims.ts';
import type { TokenKind } from '../config/identity/issuer-entry.ts';
import { isTemplate } from '../config/identity/issuer-rules.ts';
import { isRefusal, type LoginRefusal, refuse, type SeenToken } from '../config/identity/login-refusal.ts';
import { readUserinfo, type SubjectClaims } from './ask-issuer.ts';
import type { AskedIssuer } from './verify-token.ts';

/** A token whose signature, audience and times are right, or that its issuer has confirmed. */
export interface JudgedToken {
  readonly token: string;
  readonly claims: SubjectClaims;
  readonly seen: SeenToken;
  readonly kind: TokenKind;
  readonly asked: AskedIssuer;
  readonly email: 'needed' | 'optional';
  readonly expected: LoginExpectation;
  readonly now: Date;
}

/** The last time that a Date can hold. */
const longestTime = 8.64e15;
const longestName = 200;

/**
 * Holds a token's claims against the issuer's entry: what must be in it, whose it is, which e-mail and which roles it
 * gives.
 * @throws ERR_AUTH_UNAVAILABLE when userinfo was needed and did not answer.
 */
export async function judgeClaims(given: JudgedToken): Promise<{ readonly identity: Identity } | LoginRefusal> {
  const { claims, kind, asked, now } = given;
  const { rules } = asked;
  const seen = { ...given.seen, kind };
  const machine = isMachine(rules, kind, claims);
  const refusal = entryRefusal(given, seen) ?? (machine ? machineRefusal(given, seen) : undefined);
  if (refusal !== undefined) return refusal;
  const person = machine ? { claims } : await withUserinfo(given, seen);
  if (isRefusal(person)) return person;
  const email = machine ? { email: undefined } : emailOf(given, person.claims, seen);
  if (isRefusal(email)) return email;
  // Entra leaves groups out of a token that would have too many; without them the roles would be wrong.
  if (hasGroupsOverage(rules.roles, person.claims)) return refuse('groups_overage', seen);
  const roles = machine ? machineRoles(given) : personRoles(given, person.claims);
  const identity = claimedIdentity(asked, person.claims, now);
  return { identity: { ...identity, kind, isMachine: machine, email: email.email, ...roles } };
}

/** The identity that a token claims. Its e-mail is left out unless the issuer may vouch for it. */
export function claimedIdentity(
  { rules, issuer }: Pick<AskedIssuer, 'rules' | 'issuer'>,
  claims: SubjectClaims,
  now: Date,
): Identity {
  const { sub: subject, exp, sid } = claims;
  const read = readEmail(rules.email, claims);
  const client = clientOf(claims);
  return {
    issuer,
    subject,
    email: 'email' in read ? read.email : undefined,
    name: nameOf(claims),
    // A token without `exp` expires now.
    expiresAt: new Date(typeof exp === 'number' ? Math.min(exp * 1000, longestTime) : now.getTime()),
    claims,
    kind: 'id_token',
    isMachine: false,
    roles: [],
    droppedRoles: [],
    ...(client !== undefined && { client }),
    ...(typeof sid === 'string' && sid !== '' && { sid }),
  };
}

function entryRefusal({ claims, asked, expected }: JudgedToken, seen: SeenToken): LoginRefusal | undefined {
  const { rules, issuer } = asked;
  const isAccess = seen.kind !== 'id_token';
  // A token that is bound to a key (RFC 7800) is not a bearer token: the gateway does not see the proof.
  if (isAccess && claims['cnf'] !== undefined) return refuse('sender_constrained', seen);
  if (isTemplate(rules.issuer) && !isTenantOf(issuer, claims['tid']))
    return refuse('claim_mismatch', { ...seen, claim: 'tid' });
  const unmet = unmetClaim(rules.required, claims);
  if (unmet !== undefined) return refuse('claim_mismatch', { ...seen, claim: unmet });
  const scope = isAccess ? missingScope(rules.scopes, claims) : undefined;
  if (scope !== undefined) return refuse('scope_missing', { ...seen, claim: scope });
  const { nonce } = expected;
  // Without an expected nonce no login was started here; an entry can require one.
  const isNonceWrong = nonce === undefined ? rules.replay === 'nonce' : claims['nonce'] !== nonce;
  return isNonceWrong ? refuse('nonce_mismatch', seen) : undefined;
}

/** Entra: the tenant is in the issuer and in `tid`, and both must be the same. */
const isTenantOf = (issuer: string, tid: unknown): boolean =>
  typeof tid === 'string' && tid !== '' && issuer.split('/').includes(tid);

/** A client without an entry may log in where the gateway issues sessions, with the roles of its token and no others. */
function machineRefusal({ asked, claims, email }: JudgedToken, seen: SeenToken): LoginRefusal | undefined {
  const { machines } = asked.rules;
  const client = clientOf(claims);
  const refused = { ...seen, ...(client !== undefined && { claim: client }) };
  if (machines === undefined) return email === 'needed' ? refuse('machine_not_accepted', refused) : undefined;
  const { clients } = machines;
  return clients === undefined || (client !== undefined && clients.has(client))
    ? undefined
    : refuse('machine_not_accepted', refused);
}

/** E-mail and name that an access token lacks, where the entry has it. Claims of the token itself are kept. */
async function withUserinfo(
  given: JudgedToken,
  seen: SeenToken,
): Promise<{ readonly claims: SubjectClaims } | LoginRefusal> {
  const { claims, asked, email } = given;
  const access = userinfoToken(given);
  if (access === undefined || isPersonKnown(given)) return { claims };
  const answer = await readUserinfo(access, asked, seen);
  if (isRefusal(answer)) return answer.reason === 'userinfo_denied' && email === 'optional' ? { claims } : answer;
  // OpenID Connect Core 1.0, section 5.3.2: else the claims are another user's.
  if (answer.claims.sub !== claims.sub) return refuse('userinfo_invalid', seen);
  // The signed token wins over what was read.
  return { claims: { ...answer.claims, ...claims } };
}

/** The access token that userinfo takes; an ID token does not open it, the access token that came with one does. */
function userinfoToken({ token, claims, kind, asked, expected }: JudgedToken): string | undefined {
  const { userinfo, introspection } = asked.rules;
  const isRead = kind === 'opaque' && introspection === undefined;
  // Userinfo is for tokens with the scope openid; others it refuses.
  const isForIt = kind === 'id_token' || scopesOf(claims)?.includes('openid') !== false;
  if (!userinfo || isRead || !isForIt) return undefined;
  return kind === 'id_token' ? expected.accessToken : token;
}

function isPersonKnown({ claims, asked }: JudgedToken): boolean {
  const { trust, claims: names } = asked.rules.email;
  const isEmailThere = trust === 'never' || names.some((name) => claimAt(claims, name) !== undefined);
  return isEmailThere && nameOf(claims) !== undefined;
}

function emailOf(
  { asked, email: need }: JudgedToken,
  claims: SubjectClaims,
  seen: SeenToken,
): { readonly email: string | undefined } | LoginRefusal {
  const { email } = asked.rules;
  const read = readEmail(email, claims);
  if ('refused' in read) return need === 'needed' ? refuse(read.refused, seen) : { email: undefined };
  const isMissing = read.email === undefined && need === 'needed' && email.trust !== 'never';
  return isMissing ? refuse('email_missing', seen) : read;
}

type Roles = Pick<Identity, 'roles' | 'droppedRoles'>;

function personRoles({ asked }: JudgedToken, claims: SubjectClaims): Roles {
  const { roles: rules } = asked.rules;
  const { roles, dropped } = readRoles(rules, claims);
  return { roles: roles.length === 0 ? rules.default : roles, droppedRoles: dropped };
}

function machineRoles({ asked, claims }: JudgedToken): Roles {
  const { machines, roles: rules } = asked.rules;
  const client = clientOf(claims) ?? '';
  const own = machines !== undefined && Object.hasOwn(machines.roles, client) ? machines.roles[client] : undefined;
  if (own !== undefined) return { roles: own, droppedRoles: [] };
  const { roles, dropped } = readRoles(rules, claims);
  return { roles, droppedRoles: dropped };
}

/** The name to show: `name`, else the login name. */
function nameOf(claims: SubjectClaims): string | undefined {
  const name = [claims['name'], claims['preferred_username']].find(
    (text): text is string => typeof text === 'string' && text.trim() !== '',
  );
  return name?.replaceAll(/\p{Cc}/gu, ' ').slice(0, longestName);
}
