import type { Decision } from '../../../core/access/decision.ts';
import type { Permission } from '../../../core/access/permission.ts';
import { Cache } from '../../../core/cache.ts';
import type { Clock } from '../../../core/clock.ts';
import { type AuthAnswer, decodeAccess, noAnswer } from '../../../core/noetl/auth-answer.ts';
import { isOwnWorkload } from '../../../core/noetl/plain-values.ts';
import type { AccessChecker, AccessQuestion, Upstream } from '../../../core/ports.ts';
import type { SessionToken } from '../../../core/session/session-token.ts';
import { SingleFlight } from '../../../core/single-flight.ts';
import type { PlaybookDriver } from '../../callbacks/playbook-driver.ts';
import { askAuthRoute } from '../auth-route.ts';

interface CheckerOptions {
  /** An answer is reused for this long, per user, permission and path. Errors are not kept. */
  readonly cacheTtlMs: number;
  readonly clock: Clock;
  /** Catalog paths that no user gets, whatever NoETL answers. */
  readonly reserved: ReadonlySet<string>;
}

/** The workload of NoETL's check. `action` is its own word for the permission. */
interface WireQuestion {
  readonly session_token: SessionToken;
  readonly playbook_path: string;
  readonly action: WireAction;
}

type WireAction = 'execute' | 'view' | 'modify';

export interface PlaybookAccessCheckerOptions extends CheckerOptions {
  readonly driver: PlaybookDriver;
  /** Catalog path of the access playbook. */
  readonly playbook: string;
}

/** Asks NoETL's access playbook: a workflow run for each question that is not in the cache. */
export function createPlaybookAccessChecker(options: PlaybookAccessCheckerOptions): AccessChecker {
  const { driver, playbook } = options;
  return createChecker(options, true, (question) => driver.run(playbook, { ...question }));
}

export interface HttpAccessCheckerOptions extends CheckerOptions {
  readonly upstream: Upstream;
  readonly credential: string;
  readonly timeoutMs: number;
}

/** Asks `POST /api/auth/check-playbook-access`, which only NoETL's Rust server has. */
export function createHttpAccessChecker(options: HttpAccessCheckerOptions): AccessChecker {
  const { upstream, credential, timeoutMs } = options;
  return createChecker(options, false, (question) =>
    askAuthRoute(upstream, '/api/auth/check-playbook-access', { ...question, credential }, timeoutMs),
  );
}

/** NoETL has no permission to delete, so no user has it by NoETL's answer. */
const actions: Readonly<Record<Permission, WireAction | undefined>> = {
  execute: 'execute',
  view: 'view',
  edit: 'modify',
  delete: undefined,
};

const denied = { allowed: false, why: 'upstream', grant: undefined } as const satisfies Decision;
const allowed = { allowed: true, grant: undefined } as const satisfies Decision;
const cacheSize = 10_000;

/**
 * @param mustRepeat whether NoETL's answer must name path and permission again: the playbook's does, the route's does
 * not
 */
function createChecker(
  options: CheckerOptions,
  mustRepeat: boolean,
  ask: (question: WireQuestion) => Promise<AuthAnswer>,
): AccessChecker {
  const { cacheTtlMs, clock, reserved } = options;
  const known = new Cache<string, Decision>({ max: cacheSize, clock });
  // Questions that are on their way: callers who ask the same wait for one answer.
  const asking = new SingleFlight<string, Decision>();

  async function askNow(question: AccessQuestion, action: WireAction, key: string): Promise<Decision> {
    const { token, path, user } = question;
    if (token === undefined) throw noAnswer('access check without a session token');
    const answer = await ask({ session_token: token, playbook_path: path, action });
    const isAllowed = decodeAccess(answer, { userId: user.userId, permission: action, path, mustRepeat });
    const decision = isAllowed ? allowed : denied;
    known.set(key, decision, clock() + cacheTtlMs);
    return decision;
  }

  async function check(question: AccessQuestion): Promise<Decision> {
    const { user, permission, path, token } = question;
    if (reserved.has(path)) return { allowed: false, why: 'reserved', grant: undefined };
    // Text that NoETL could evaluate is not sent, so nothing can be allowed about it.
    const action = actions[permission];
    if (action === undefined || !isOwnWorkload({ path, token: token ?? '' })) return denied;
    // By user and not by token: NoETL decides by the user of the session.
    const key = JSON.stringify([user.userId, permission, path]);
    return known.get(key) ?? asking.run(key, () => askNow(question, action, key));
  }

  return { check };
}
