import type { ResolvedConfig } from '../gateway/config/gateway-config.ts';
import { helpFor, isRefusal } from '../gateway/config/identity/login-refusal.ts';
import { isEmailNeeded } from '../gateway/config/issuers-of.ts';
import { createIdentityVerifier } from '../gateway/identity/identity-verifier.ts';
import { issuerProblem } from '../gateway/identity/issuer-request.ts';
import type { Identity } from '../plugins/ports.ts';

/** What a token would do at a login, as lines for a person. */
export interface TriedLogin {
  readonly lines: readonly string[];
  readonly isAccepted: boolean;
}

/**
 * Verifies a token as the process does, without a login: NoETL is not asked and no session is made. The token is in no
 * line.
 * @param domain `auth0_domain` of the login.
 * @returns `isAccepted` false both for a refused token and for an issuer that could not be asked; the lines name the case
 * @throws for an error of the gateway itself
 */
export async function tryLogin(config: ResolvedConfig, token: string, domain: string | undefined): Promise<TriedLogin> {
  const { issuers, jwtMode, login } = config.auth;
  const email = isEmailNeeded(login) ? 'needed' : 'optional';
  const { verify } = createIdentityVerifier({ issuers, mode: jwtMode, email, clock: Date.now, observe: () => {} });
  try {
    const verdict = await verify(token, domain);
    if (!isRefusal(verdict)) return { isAccepted: true, lines: acceptedLines(verdict.identity) };
    const seen = Object.entries(verdict.seen).map(([name, value]) => `  ${name}: ${value}`);
    return { isAccepted: false, lines: [`refused: ${verdict.reason}: ${helpFor(verdict.reason)}`, ...seen] };
  } catch (error) {
    const problem = issuerProblem(error);
    if (problem === undefined) throw error;
    return { isAccepted: false, lines: [`could not be found out: ${problem.issuer}: ${problem.problem}`] };
  }
}

function acceptedLines(identity: Identity): readonly string[] {
  const { issuer, subject, email, name, kind, isMachine, client, roles, droppedRoles, expiresAt } = identity;
  return [
    `accepted: ${kind}${isMachine ? ' of a machine' : ''}, until ${expiresAt.toISOString()}`,
    `  issuer: ${issuer}`,
    `  subject: ${subject}`,
    `  client: ${client ?? '(none)'}`,
    `  e-mail: ${email ?? '(none that may be used)'}`,
    `  name: ${name ?? '(none)'}`,
    `  roles, where the gateway issues sessions: ${roles.join(', ') || '(none)'}`,
    ...(droppedRoles.length === 0 ? [] : [`  dropped, not a role of this config: ${droppedRoles.join(', ')}`]),
  ];
}
