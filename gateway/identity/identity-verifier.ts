import type { Clock } from '../../plugins/clock.ts';
import { isRefusal, type LoginRefusal, outcomeOf, refuse, type SeenToken } from '../../plugins/login-refusal.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { TokenKind } from '../config/issuers.ts';
import { type IssuerRules, issuerNames, isTemplate, withoutSlash } from '../config/issuers.ts';
import type { Identity, IdentityVerifier, LoginExpectation } from '../config/login-ports.ts';
import { introspect, readUserinfo, type SubjectClaims } from './ask-issuer.ts';
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
} from './claims.ts';
import {
  createIssuerDocuments,
  type DocumentsTiming,
  type Fetch,
  issuerProblem,
  newerThanKeys,
  readTooOften,
} from './issuer-documents.ts';
import { type AskedIssuer, decodeToken, isJwt, issuerOf, type KnownIssuer, verifyToken } from './verify-token.ts';

export interface IdentityVerifierOptions {
  readonly issuers: readonly IssuerRules[];
  readonly mode: 'enforce' | 'shadow';
  /** From then on the mode is `enforce`, milliseconds. */
  readonly shadowUntilMs?: number | undefined;
  readonly clock: Clock;
  readonly observe: Observe;
  /**
   * `needed`: NoETL logs in by the e-mail of the token, so a token without one that may be used is refused. `optional`:
   * the identity is the subject, and an e-mail that may not be used is left out.
   */
  readonly email: 'needed' | 'optional';
  readonly fetch?: Fetch;
  readonly timing?: DocumentsTiming;
}

/** The verifier, and the issuers that it trusts with what they publish. */
export interface IssuersVerifier extends IdentityVerifier {
  readonly known: readonly KnownIssuer[];
}

/** An identity with its issuer's rules. */
interface Found {
  readonly identity: Identity;
  readonly rules: IssuerRules;
}

/**
 * The identity, or the reason of the refusal, or the reason why it cannot be judged. `claimed`: the claims of an unverified token, for
 * shadow mode; absent when none of them may reach NoETL.
 */
type Verdict = Found | NotVerified;
type NotVerified = (LoginRefusal | { readonly error: unknown; readonly seen: SeenToken }) & {
  readonly claimed?: Found;
};

/** What a token is judged with. */
interface Judging {
  readonly candidates: readonly KnownIssuer[];
  readonly expected: LoginExpectation;
  readonly email: 'needed' | 'optional';
  readonly fetch: Fetch;
  readonly now: Date;
}

/**
 * Verifies identity tokens against trusted issuers: ID tokens, JWT access tokens and, where the issuer's entry accepts
 * them, opaque access tokens. The request's `domain` picks among the trusted, else the token's `iss` does; an issuer that
 * is not trusted is never contacted.
 *
 * In shadow mode the outcome is counted, and a token that would be refused yields an identity marked `unverified`, for
 * NoETL to decide on. Tokens that must not reach NoETL (malformed, too long, with template marks, of a domain that is
 * not trusted) are refused in both modes.
 */
export function createIdentityVerifier(options: IdentityVerifierOptions): IssuersVerifier {
  const { issuers, observe, clock, email, fetch = globalThis.fetch, timing, shadowUntilMs = Infinity } = options;
  const known = issuers.map((rules) => ({ rules, documents: createIssuerDocuments(rules, fetch, clock, timing) }));
  const longest = Math.max(0, ...issuers.map(({ maxTokenBytes }) => maxTokenBytes));

  async function judge(token: string, domain: string | undefined, expected: LoginExpectation): Promise<Verdict> {
    // Before anything is decoded.
    if (token.length > longest) return refuse('too_long');
    const chosen = new Set(issuersNamedBy(issuers, domain));
    const { issuerName } = expected;
    const candidates = known.filter(
      ({ rules }) => chosen.has(rules) && (issuerName === undefined || rules.name === issuerName),
    );
    if (candidates.length === 0) return refuse('issuer_untrusted');
    const judging = { candidates, expected, email, fetch, now: new Date(clock()) };
    return isJwt(token) ? judgeJwt(token, judging) : judgeOpaque(token, judging);
  }

  return {
    known,
    async verify(token, domain, expected = {}) {
      const mode = options.mode === 'shadow' && clock() < shadowUntilMs ? 'shadow' : 'enforce';
      const verdict = await judge(token, domain, expected);
      if ('identity' in verdict) {
        const { issuer, droppedRoles } = verdict.identity;
        observe({ type: 'provider_call', issuer });
        observe({ type: 'identity_token', outcome: 'success', mode, ...(droppedRoles.length > 0 && { droppedRoles }) });
        return verdict;
      }
      reportRefusal(observe, mode, verdict);
      const { claimed } = verdict;
      if (mode === 'shadow' && claimed !== undefined) {
        return { ...claimed, identity: { ...claimed.identity, unverified: true } };
      }
      if ('error' in verdict) throw verdict.error;
      const { rejected, publicReason, reason, seen } = verdict;
      return { rejected, publicReason, reason, seen };
    },
  };
}

/** A token that was refused, or a provider that could not be asked about it. */
function reportRefusal(observe: Observe, mode: 'enforce' | 'shadow', verdict: NotVerified): void {
  if ('error' in verdict) {
    const found = issuerProblem(verdict.error);
    const problem = found && { issuer: found.issuer, problem: found.problem };
    const isOutage = problem !== undefined && ![readTooOften, newerThanKeys].includes(problem.problem);
    if (isOutage) observe({ type: 'provider_call', ...problem });
    observe({ type: 'identity_token', outcome: 'jwks_unavailable', mode, token: verdict.seen, ...problem });
  } else {
    const { reason, seen } = verdict;
    observe({ type: 'identity_token', outcome: outcomeOf(reason), mode, reason, token: seen });
  }
}

async function judgeJwt(token: string, { candidates, ...judging }: Judging): Promise<Verdict> {
  const decoded = decodeToken(token);
  if (isRefusal(decoded)) return decoded;
  const { claims, seen } = decoded;
  const found = issuerOf(candidates, claims.iss);
  if (found === undefined) return { ...refuse('issuer_untrusted', seen), ...claimedByOnly(candidates, claims) };
  const { rules } = found;
  if (token.length > rules.maxTokenBytes) return refuse('too_long', seen);
  const asked = { ...found, fetch: judging.fetch };
  const claimed = { identity: claimedIdentity(asked, claims, judging.now), rules };
  try {
    const verified = await verifyToken(token, decoded, asked, judging.now);
    if (isRefusal(verified)) return { ...verified, claimed };
    const verdict = await judgeClaims({ ...judging, token, claims, seen, kind: verified.kind, asked });
    return isRefusal(verdict) ? { ...verdict, claimed } : { ...verdict, rules };
  } catch (error) {
    return { error, seen, claimed };
  }
}

const opaqueToken = /^[A-Za-z0-9._~+/=-]+$/;

async function judgeOpaque(token: string, { candidates, ...judging }: Judging): Promise<Verdict> {
  const [only, other] = candidates.filter(({ rules }) => rules.accept.has('opaque'));
  if (only === undefined || !opaqueToken.test(token)) return refuse('malformed', { kind: 'opaque' });
  // The token names no issuer, and it must not be shown to one that it is not of.
  if (other !== undefined) return refuse('issuer_ambiguous', { kind: 'opaque' });
  const { rules } = only;
  const { issuer } = rules;
  const seen: SeenToken = { issuer, kind: 'opaque' };
  if (token.length > rules.maxTokenBytes) return refuse('too_long', seen);
  const asked = { ...only, issuer, fetch: judging.fetch };
  try {
    const answer = await (rules.introspection === undefined ? readUserinfo : introspect)(token, asked, seen);
    if (isRefusal(answer)) return answer;
    const verdict = await judgeClaims({ ...judging, token, claims: answer.claims, seen, kind: 'opaque', asked });
    return isRefusal(verdict) ? verdict : { ...verdict, rules };
  } catch (error) {
    return { error, seen };
  }
}

/** A token of an issuer that is not trusted, where only one could be meant: its identity is of that one. */
function claimedByOnly(candidates: readonly KnownIssuer[], claims: SubjectClaims): { readonly claimed?: Found } {
  const [only, other] = candidates;
  if (only === undefined || other !== undefined || only.rules.tenants.length > 0) return {};
  const { rules } = only;
  return { claimed: { identity: claimedIdentity({ rules, issuer: rules.issuer }, claims, new Date(0)), rules } };
}

/**
 * The trusted issuers that a login's `domain` names; all of them without a domain. Never any other.
 * - a host, with or without its port, slash or `https://`: every issuer on that host;
 * - with a path: the issuers whose address begins with it, so that `sso.example.com/realms/acme` picks one realm.
 */
export function issuersNamedBy(trusted: readonly IssuerRules[], domain: string | undefined): readonly IssuerRules[] {
  if (domain === undefined || domain === '') return trusted;
  const named = placeOf(domain.includes('://') ? domain : `https://${domain}`);
  if (named === undefined) return [];
  return trusted.filter((rules) => issuerNames(rules).some((name) => isAt(placeOf(name), named)));
}

interface Place {
  readonly host: string;
  readonly path: string;
}

function placeOf(text: string): Place | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  // The default port of a scheme does not make another host, under either scheme.
  const host = /^(?:80|443)?$/.test(url.port) ? url.hostname : url.host;
  return { host: host.toLowerCase(), path: withoutSlash(url.pathname) };
}

/** Whole segments: `/realms/acme` does not name `/realms/acme-test`. */
function isAt(issuer: Place | undefined, named: Place): boolean {
  if (issuer === undefined || issuer.host !== named.host) return false;
  return named.path === '' || issuer.path === named.path || issuer.path.startsWith(`${named.path}/`);
}

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
