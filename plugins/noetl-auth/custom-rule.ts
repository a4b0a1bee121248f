import type { Caller } from '../call-context.ts';
import { GatewayError } from '../errors.ts';
import type { AccessRequest, AccessVerdict } from './access/access-rule.ts';
import { accessDenied } from './access/standing-decision.ts';

/** Headers of a request, by names in any case. */
export type RequestHeaders = Iterable<readonly [name: string, value: string]>;

/** What a custom rule decided: `reason` for the audit log, `error` for the caller. */
export type CustomJudgement =
  | { readonly allowed: true; readonly reason?: string }
  | { readonly allowed: false; readonly reason: string; readonly error: GatewayError };

/** Headers that hold a session, or another secret of the caller. */
const secretHeaders = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-session-token']);

/** Of a reason, characters. */
const longestReason = 200;

/**
 * Asks a rule of the config. Only `true`, or a verdict whose `allow` is `true`, allows: a rule that forgets to answer must not,
 * and one that throws denies.
 */
export async function askCustomRule(
  decide: (request: AccessRequest) => unknown,
  request: AccessRequest,
): Promise<CustomJudgement> {
  const verdict = await Promise.resolve()
    .then(() => decide(request))
    .catch(() => false);
  const { allow, reason, show } = isVerdict(verdict) ? verdict : { allow: verdict };
  const given = reasonText(reason);
  if (allow === true) return { allowed: true, ...(given !== undefined && { reason: `rule: ${given}` }) };
  if (given === undefined) return { allowed: false, reason: 'rule', error: accessDenied() };
  return { allowed: false, reason: `rule: ${given}`, error: show === true ? deniedBecause(given) : accessDenied() };
}

type Verdict = { readonly [Member in keyof Exclude<AccessVerdict, boolean>]?: unknown };

const isVerdict = (value: unknown): value is Verdict => typeof value === 'object' && value !== null;

const deniedBecause = (reason: string): GatewayError =>
  new GatewayError('ERR_ACCESS_DENIED', `${accessDenied().message}: ${reason}`);

/** One line of bounded length. @returns undefined: there is no text */
function reasonText(reason: unknown): string | undefined {
  if (typeof reason !== 'string') return undefined;
  const line = reason
    .slice(0, longestReason)
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
  return line === '' ? undefined : line;
}

/** Headers by names in lower case, frozen, without those that hold the session, under whatever name the token was sent. */
export function headersForRules(headers: RequestHeaders, { token }: Pick<Caller, 'token'>): AccessRequest['headers'] {
  // Without a prototype, so that no header is called `constructor`.
  const visible: Record<string, string> = Object.create(null);
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (!secretHeaders.has(lower) && !value.includes(token)) visible[lower] = value;
  }
  return Object.freeze(visible);
}
