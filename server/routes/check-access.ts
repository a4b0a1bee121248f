import type { Decision } from '../../core/access/decision.ts';
import { type Permission, parsePermission, permissions } from '../../core/access/permission.ts';
import { parsePlaybookPath } from '../../core/access/playbook-path.ts';
import { type DecisionReport, reportDecision } from '../../core/access/report-decision.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Observe } from '../../core/observe.ts';
import type { AccessChecker, AccessQuestion, Sessions } from '../../core/ports.ts';
import { parseSessionToken } from '../../core/session/session-token.ts';
import { toGatewayError } from '../http/answer.ts';
import { guessLimit } from '../rate-limit/guess-limit.ts';
import { limitRate } from '../rate-limit/limit-rate.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { Handlers } from './generated/routes.gen.ts';
import type { RestContext } from './rest-context.ts';
import { wireUser } from './wire.ts';

export interface CheckAccessOptions {
  readonly sessions: Sessions;
  readonly checker: AccessChecker;
  readonly limits: RateLimits;
  readonly observe: Observe;
}

/**
 * `POST /api/auth/check-access`: the same decision that `/graphql` makes, as an answer.
 * @throws ERR_REQUEST_INVALID for an unknown permission or a path that is not in normal form; whatever the session
 * look-up and the checker throw when they cannot find out; ERR_RATE_LIMITED: guesses by address, checks by user
 */
export function createCheckAccess(options: CheckAccessOptions): Handlers<RestContext>['checkAccess'] {
  const { sessions, limits, observe } = options;
  return async (body, { exchange }) => {
    const permission = permissionOf(body.permission_type);
    const path = pathOf(body.playbook_path);
    const asked = { playbook_path: body.playbook_path, permission_type: body.permission_type };
    const token = parseSessionToken(body.session_token);
    const session =
      token === undefined ? undefined : await sessions.lookup(token, guessLimit(limits, exchange.clientIp, observe));
    // An answer to the question and no refusal of the call: 200.
    if (session === undefined)
      return { allowed: false, user: null, ...asked, message: 'Session is invalid or expired' };
    await limitRate(limits, 'check_access', `user ${session.user.userId}`, observe);
    const decision = await decide(options, { user: session.user, permission, path, token }, exchange.requestId);
    const message = decision.allowed ? `Access granted to ${permission} playbook` : 'Access denied';
    return { allowed: decision.allowed, user: wireUser(session.user), ...asked, message };
  };
}

type Because = Pick<DecisionReport, 'grant' | 'reason'>;

async function decide(
  { checker, observe }: CheckAccessOptions,
  question: AccessQuestion,
  requestId: string,
): Promise<Decision> {
  const { user, permission, path } = question;
  const report = (outcome: DecisionReport['outcome'], { grant, reason }: Because): void => {
    const about = { field: 'check-access', root: 'rest', user, permission, path, requestId } as const;
    reportDecision(observe, { outcome, ...about, grant, reason });
  };
  try {
    const decision = await checker.check(question);
    const reason = decision.allowed ? undefined : decision.why;
    report(decision.allowed ? 'allowed' : 'denied', { grant: decision.grant, reason });
    return decision;
  } catch (error) {
    report('backend_error', { grant: undefined, reason: toGatewayError(error).code });
    throw error;
  }
}

function permissionOf(name: string): Permission {
  const permission = parsePermission(name);
  if (permission !== undefined) return permission;
  throw new GatewayError('ERR_REQUEST_INVALID', `permission_type must be one of ${permissions.join(', ')}`);
}

function pathOf(text: string): string {
  const path = parsePlaybookPath(text);
  if (path !== undefined) return path;
  throw new GatewayError(
    'ERR_REQUEST_INVALID',
    'playbook_path must be a full catalog path, for example api_integration/x',
  );
}
