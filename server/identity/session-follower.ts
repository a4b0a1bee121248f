import { claimAt } from '../../core/identity/claim-path.ts';
import { type IssuerRules, issuerNamed } from '../../core/identity/issuer-rules.ts';
import { isRefusal } from '../../core/identity/login-refusal.ts';
import { readRoles } from '../../core/identity/read-roles.ts';
import type { SessionFollower } from '../../core/ports.ts';
import { introspect } from './introspection.ts';
import type { Fetch } from './issuer-request.ts';
import type { KnownIssuer } from './judge-token.ts';
import { type AskedIssuer, readUserinfo, type SubjectClaims } from './userinfo.ts';

/**
 * Asks the provider about a session again, with the access token that it was made from: by introspection where the
 * issuer's entry has it, else at userinfo; roles that introspection does not name are read at userinfo too. A refusal, another subject, or an issuer that is no longer trusted ends it.
 */
export function createSessionFollower(known: readonly KnownIssuer[], fetch: Fetch = globalThis.fetch): SessionFollower {
  return {
    async follow({ issuer, subject }, { access }) {
      const found = known.find(({ rules }) => issuerNamed(rules, issuer) !== undefined);
      // An issuer that was taken out of the config is no longer trusted with sessions, either.
      if (found === undefined || access === undefined) return { outcome: 'over' };
      const { rules, documents } = found;
      const asked = { rules, documents, issuer, fetch };
      const claims = await claimsNow(access, subject, asked);
      return claims === undefined ? { outcome: 'over' } : { outcome: 'valid', roles: rolesNow(rules, claims) };
    },
  };
}

/**
 * Introspection often does not name roles: they are then read where a login reads them, at userinfo.
 * @returns undefined: the provider refuses the token, or it is another subject's.
 */
async function claimsNow(access: string, subject: string, asked: AskedIssuer): Promise<SubjectClaims | undefined> {
  const { rules, issuer } = asked;
  const isIntrospected = rules.introspection !== undefined;
  const answer = await (isIntrospected ? introspect : readUserinfo)(access, asked, { issuer });
  if (isRefusal(answer) || answer.claims.sub !== subject) return undefined;
  if (!isIntrospected || !rules.userinfo || hasRoles(rules, answer.claims)) return answer.claims;
  const more = await readUserinfo(access, asked, { issuer });
  return isRefusal(more) || more.claims.sub !== subject ? undefined : more.claims;
}

const hasRoles = ({ roles }: IssuerRules, claims: SubjectClaims): boolean =>
  roles.claims.some((name) => claimAt(claims, name) !== undefined);

/** An answer without any of the role claims does not change the roles. */
function rolesNow(issuerRules: IssuerRules, claims: SubjectClaims): readonly string[] | undefined {
  const { roles: rules } = issuerRules;
  if (!hasRoles(issuerRules, claims)) return undefined;
  const { roles } = readRoles(rules, claims);
  return roles.length === 0 ? rules.default : roles;
}
