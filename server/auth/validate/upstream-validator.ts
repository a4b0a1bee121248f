import type { Clock } from '../../../core/clock.ts';
import { type AuthAnswer, decodeValidation } from '../../../core/noetl/auth-answer.ts';
import type { SessionValidator, Upstream } from '../../../core/ports.ts';
import type { Session } from '../../../core/session/session.ts';
import { isTokenText, type SessionToken } from '../../../core/session/session-token.ts';
import type { PlaybookDriver } from '../../callbacks/playbook-driver.ts';
import { askAuthRoute } from '../auth-route.ts';

interface ValidatorOptions {
  /** NoETL's name of the credential of the session database. */
  readonly credential: string;
  readonly clock: Clock;
  /** How long a session lives when NoETL's answer has no end. */
  readonly maxSessionMs: number;
}

export interface PlaybookValidatorOptions extends ValidatorOptions {
  readonly driver: PlaybookDriver;
  /** Catalog path of the validation playbook. */
  readonly playbook: string;
}

/** Validates sessions by NoETL's playbook: a whole workflow run for each question. */
export function createPlaybookValidator(options: PlaybookValidatorOptions): SessionValidator {
  const { driver, playbook, credential } = options;
  return {
    validate: (token) =>
      validate(token, options, () => driver.run(playbook, { session_token: token, db_credential: credential })),
  };
}

export interface HttpValidatorOptions extends ValidatorOptions {
  readonly upstream: Upstream;
  readonly timeoutMs: number;
}

/** Validates sessions by `POST /api/auth/session/validate`, which both servers have: a tenth of a playbook's time. */
export function createHttpValidator(options: HttpValidatorOptions): SessionValidator {
  const { upstream, credential, timeoutMs } = options;
  return {
    validate: (token) =>
      validate(token, options, () =>
        askAuthRoute(upstream, '/api/auth/session/validate', { session_token: token, credential }, timeoutMs),
      ),
  };
}

async function validate(
  token: SessionToken,
  options: ValidatorOptions,
  ask: () => Promise<AuthAnswer>,
): Promise<Session | undefined> {
  // It becomes part of a workload: a text that NoETL could evaluate is invalid, and is not sent.
  if (!isTokenText(token)) return undefined;
  const answer = decodeValidation(await ask());
  if (answer === undefined) return undefined;
  const now = options.clock();
  const expiresAt = answer.expiresAt ?? new Date(now + options.maxSessionMs);
  return expiresAt.getTime() > now ? { user: answer.user, expiresAt, issuedAt: new Date(now) } : undefined;
}
