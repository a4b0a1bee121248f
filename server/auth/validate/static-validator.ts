import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import type { StaticUser } from '../../../core/config/resolved-config.ts';
import { GatewayError } from '../../../core/errors.ts';
import type { SessionValidator } from '../../../core/ports.ts';

export interface StaticValidatorOptions {
  readonly users: readonly StaticUser[];
  readonly mode: 'production' | 'development';
  readonly clock: Clock;
  readonly maxSessionMs: number;
}

/**
 * Knows the users that the config lists, for development. Compares with every one, in constant time.
 * @throws ERR_CONFIG_INVALID outside development.
 */
export function createStaticValidator(options: StaticValidatorOptions): SessionValidator {
  if (options.mode !== 'development') {
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      'The static validator is for development; it does not start otherwise.',
    );
  }
  const known = options.users.map((user) => ({ user, digest: digestOf(user.token) }));
  return {
    async validate(token) {
      const digest = digestOf(token);
      const [match] = known.filter((entry) => timingSafeEqual(entry.digest, digest));
      if (match === undefined) return undefined;
      const { userId, email, displayName, roles } = match.user;
      const now = options.clock();
      const expiresAt = new Date(now + options.maxSessionMs);
      return { user: { userId, email, displayName, roles }, expiresAt, issuedAt: new Date(now) };
    },
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
