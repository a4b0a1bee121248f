import { claimAt } from '../../core/identity/claim-path.ts';
import { type IssuerRules, issuerNamed } from '../../core/identity/issuer-rules.ts';
import { isRefusal } from '../../core/identity/login-refusal.ts';
import { readRoles } from '../../core/identity/read-roles.ts';
import type { SessionFollower } from '../../core/ports.ts';
import { introspect } from './introspection.ts';
import type { Fetch } from './issuer-request.ts';
import type { KnownIssuer } from './judge-token.ts';
import { readUserinfo, type SubjectClaims } from './userinfo.ts';

/**
 * Asks the provider about a session again, with the access token that it was made from: by introspection where the
 * issuer's entry has it, else at userinfo. A refusal, another subject, or an issuer that is no longer trusted ends it.
 */
export function createSessionFollower(known: readonly KnownIssuer[], fetch: Fetch = globalThis.fetch): SessionFollower {
  return {
    async follow({ issuer, subject }, { access }) {
      const found = known.find(({ rules }) => issuerNamed(rules, issuer) !== undefined);
      if (found === undefined || access === undefined) return { outcome: 'over' };
      const { rules, documents } = found;
      const ask = rules.introspection === undefined ? readUserinfo : introspect;
      const answer = await ask(access, { rules, documents, issuer, fetch }, { issuer });
      if (isRefusal(answer) || answer.claims.sub !== subject) return { outcome: 'over' };
      return { outcome: 'valid', roles: rolesNow(rules, answer.claims) };
    },
  };
}

/** An answer without any of the role claims says nothing about roles: they stay as they were. */
function rolesNow({ roles: rules }: IssuerRules, claims: SubjectClaims): readonly string[] | undefined {
  if (!rules.claims.some((name) => claimAt(claims, name) !== undefined)) return undefined;
  const { roles } = readRoles(rules, claims);
  return roles.length === 0 ? rules.default : roles;
}
