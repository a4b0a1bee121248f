import { GatewayError } from '../../core/errors.ts';

/** Why an issuer could not be asked, for the log: the issuer, and a sentence without anything that it sent. */
export class IssuerProblem extends Error {
  readonly issuer: string;
  readonly problem: string;

  constructor(issuer: string, problem: string, cause?: unknown) {
    super(`${issuer}: ${problem}`, cause === undefined ? undefined : { cause });
    this.name = 'IssuerProblem';
    this.issuer = issuer;
    this.problem = problem;
  }
}

/** Problems that callers can cause with their tokens: they do not mean that the issuer is down. */
export const readTooOften = 'a token names an unknown key, and the keys were read too often lately';
export const newerThanKeys = 'a token names an unknown key, and is newer than the keys that were read';

/** The caller's error when an issuer could not be asked: 503, and the issuer is named in the log only. */
export function issuerUnavailable(issuer: string, problem: string, cause?: unknown): GatewayError {
  return new GatewayError('ERR_AUTH_UNAVAILABLE', 'Sign-in is not available at the moment; try again shortly.', {
    cause: new IssuerProblem(issuer, problem, cause),
    retryAfterSecs: 5,
  });
}

/** The same error with the time until the issuer is asked again; any other error is left alone. */
export function unavailableFor(error: unknown, retryMs: number): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { code, message, cause } = error;
  return new GatewayError(code, message, { cause, retryAfterSecs: Math.max(1, Math.ceil(retryMs / 1000)) });
}

/** The problem behind an error of {@link issuerUnavailable}. */
export function issuerProblem(error: unknown): IssuerProblem | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof IssuerProblem ? cause : undefined;
}

/** The cause of a failed request without repeating texts from outside: a code of the socket, or a time-out. */
export function issuerFailureOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  if (error.name === 'TimeoutError') return 'it did not answer in time';
  const code = codeOf(error) ?? codeOf(error.cause);
  return code === undefined ? error.message.slice(0, 100) : `it cannot be reached (${code})`;
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
