import type { Clock } from '../../../core/clock.ts';
import { type AuthAnswer, decodeLogin, noAnswer } from '../../../core/noetl/auth-answer.ts';
import type { Identity, LoginBackend, LoginRequest, LoginResult, Upstream } from '../../../core/ports.ts';
import { isTokenText } from '../../../core/session/session-token.ts';
import type { PlaybookDriver } from '../../callbacks/playbook-driver.ts';
import { askAuthRoute } from '../auth-route.ts';
import { loginInputs, sessionEnd, sessionHours } from '../auth-workloads.ts';
import { tokenForNoetl } from './noetl-token.ts';

export interface PlaybookLoginOptions {
  readonly driver: PlaybookDriver;
  /** Catalog path of the login playbook. */
  readonly playbook: string;
  readonly clock: Clock;
  /** No session lives longer. */
  readonly maxSessionMs: number;
}

/** Logs in by NoETL's login playbook. */
export function createPlaybookLogin(options: PlaybookLoginOptions): LoginBackend {
  const { driver, playbook, clock, maxSessionMs } = options;
  return {
    login(request, identity, rules) {
      const hours = sessionHours(request, maxSessionMs);
      return logIn(request, identity, hours, clock, () =>
        driver.run(playbook, {
          ...loginInputs(tokenForNoetl(request.token, identity, rules, clock()), request.clientIp),
          auth0_refresh_token: '',
          // NoETL takes whole hours. The gateway ends the session after the hours that were asked for.
          session_duration_hours: Math.max(1, Math.ceil(hours)),
          // Inputs that the playbook has; nothing of the caller's request becomes a part of its SQL.
          client_user_agent: '',
        }),
      );
    },
  };
}

export interface HttpLoginOptions {
  readonly upstream: Upstream;
  /** NoETL's name of the credential of the session database. */
  readonly credential: string;
  readonly clock: Clock;
  readonly maxSessionMs: number;
  readonly timeoutMs: number;
}

/** Logs in by `POST /api/auth/login`, which only NoETL's Rust server has. No workflow is run. */
export function createHttpLogin(options: HttpLoginOptions): LoginBackend {
  const { upstream, credential, clock, maxSessionMs, timeoutMs } = options;
  return {
    login(request, identity, rules) {
      return logIn(request, identity, sessionHours(request, maxSessionMs), clock, () => {
        const inputs = loginInputs(tokenForNoetl(request.token, identity, rules, clock()), request.clientIp);
        return askAuthRoute(upstream, '/api/auth/login', { ...inputs, credential }, timeoutMs);
      });
    },
  };
}

async function logIn(
  request: LoginRequest,
  identity: Identity,
  hours: number,
  clock: Clock,
  ask: () => Promise<AuthAnswer>,
): Promise<LoginResult> {
  if (!isTokenText(request.token)) return { outcome: 'rejected', reason: 'The identity token is malformed.' };
  const answer = decodeLogin(await ask());
  if (answer.outcome === 'rejected') return answer;
  const { token, user } = answer;
  if (!belongsTo(user.email, identity)) {
    return { outcome: 'rejected', reason: 'The identity token was not accepted.' };
  }
  const now = clock();
  const expiresAt = sessionEnd(answer.expiresAt, now, hours);
  // NoETL answered with success, so the user was not refused.
  if (expiresAt.getTime() <= now) throw noAnswer('login answer holds a session that is over');
  const ending = answer.expiresAt === undefined ? {} : { issuerExpiresAt: answer.expiresAt };
  return { outcome: 'authenticated', token, session: { user, expiresAt, issuedAt: new Date(now), ...ending } };
}

/** NoETL must not answer with another user's session; where both name an e-mail they name the same. */
function belongsTo(email: string | undefined, identity: Identity): boolean {
  if (email === undefined || identity.email === undefined) return true;
  return email.toLowerCase() === identity.email.toLowerCase();
}
