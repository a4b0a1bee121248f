import { isIP } from 'node:net';
import type { Clock } from '../../plugins/clock.ts';
import { type Accounts, databaseTime, userShape } from './accounts.ts';

type Workload = Readonly<Record<string, unknown>>;

/** What an auth playbook posts back, without the request id. */
export interface AuthCallback {
  readonly status: 'success' | 'error';
  readonly data: Record<string, unknown>;
}

export type AuthPlaybook = 'login' | 'validate' | 'check';

const text = (workload: Workload, name: string): string => {
  const value = workload[name];
  return typeof value === 'string' ? value : '';
};
const rejected = (error: string): AuthCallback => ({
  status: 'error',
  data: { error, message: 'Token validation failed' },
});
/** What the playbook answers when the database refuses a value: no e-mail, or no address of the caller. */
const databaseError: AuthCallback = {
  status: 'error',
  data: { error: 'Database error', message: 'Failed to create session' },
};

/**
 * The three auth playbooks, with the checks of the real ones and no others: claims are read, no signature is verified.
 */
export function createAuthPlaybooks(
  accounts: Accounts,
  clock: Clock,
): Record<AuthPlaybook, (workload: Workload) => AuthCallback> {
  return {
    login(workload) {
      const claims = claimsOf(text(workload, 'auth0_token'));
      const wrong =
        claims === undefined ? 'Invalid JWT format' : refusedClaims(claims, text(workload, 'auth0_domain'), clock());
      if (claims === undefined || wrong !== undefined) return rejected(wrong ?? '');
      const { email, name } = claims;
      if (typeof email !== 'string' || isIP(text(workload, 'client_ip')) === 0) return databaseError;
      const session = accounts.open(accounts.userOf(email, typeof name === 'string' ? name : undefined));
      const expires_at = databaseTime(session.expiresAt);
      const user = userShape(session.user);
      return { status: 'success', data: { user, status: 'authenticated', expires_at, session_token: session.token } };
    },
    validate(workload) {
      const session = accounts.session(text(workload, 'session_token'));
      if (session === undefined) {
        return { status: 'success', data: { valid: false, message: 'Session not found or expired' } };
      }
      const expires_at = databaseTime(session.expiresAt);
      const user = userShape(session.user);
      return { status: 'success', data: { user, valid: true, message: 'Session is valid', expires_at } };
    },
    check(workload) {
      const session = accounts.session(text(workload, 'session_token'));
      const asked = { playbook_path: text(workload, 'playbook_path'), permission_type: text(workload, 'action') };
      if (session === undefined || !accounts.allows(session.user, asked.playbook_path, asked.permission_type)) {
        return { status: 'success', data: { allowed: false, message: 'Access denied', ...asked } };
      }
      // This playbook answers a user without roles.
      const { roles: _roles, ...user } = userShape(session.user);
      const message = `Access granted to ${asked.permission_type} playbook`;
      return { status: 'success', data: { user, allowed: true, message, ...asked } };
    },
  };
}

function refusedClaims(claims: Workload, domain: string, now: number): string | undefined {
  if (domain !== '' && !issuersOf(domain).includes(String(claims['iss']))) return 'Invalid token issuer';
  if (typeof claims['exp'] === 'number' && claims['exp'] * 1_000 < now) return 'Token has expired';
  return typeof claims['sub'] === 'string' ? undefined : 'Token has no subject';
}

/** `https://<domain>/`, and `http` for an issuer on loopback. */
function issuersOf(domain: string): string[] {
  // For development: a local issuer has no certificate.
  const local = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(domain);
  return [`https://${domain}/`, ...(local ? [`http://${domain}/`, `http://${domain}`] : [])];
}

function claimsOf(token: string): Record<string, unknown> | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Posts a callback as the worker's http step does: one attempt, keys in its own order.
 * @returns false when the receiver refused it or cannot be reached; the step then fails.
 */
export async function postCallback(url: string, callback: AuthCallback, requestId: unknown): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept: '*/*', 'user-agent': 'python-httpx/0.28.1', 'content-type': 'application/json' },
      body: JSON.stringify({ data: callback.data, status: callback.status, request_id: requestId }),
      // A worker follows no redirect with its callback.
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
