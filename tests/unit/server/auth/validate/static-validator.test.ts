import { expect, it } from 'vitest';
import {
  createStaticValidator,
  type StaticValidatorOptions,
} from '../../../../../server/auth/validate/static-validator.ts';
import { handClock, hourMs, tokenOf } from '../../../../support/session-fakes.ts';

const clock = handClock();
const options: StaticValidatorOptions = {
  users: [
    { token: 'token-of-ada', userId: '1', displayName: 'Ada', email: 'ada@example.com', roles: ['admin'] },
    { token: 'token-of-bob', userId: '2', displayName: 'Bob', roles: [] },
  ],
  mode: 'development',
  clock,
  maxSessionMs: hourMs,
};

it('knows the users of the config, and no others', async () => {
  const validator = createStaticValidator(options);
  expect(await validator.validate(tokenOf('token-of-bob'))).toEqual({
    user: { userId: '2', email: undefined, displayName: 'Bob', roles: [] },
    issuedAt: new Date(clock()),
    expiresAt: new Date(clock() + hourMs),
  });
  for (const token of ['token-of-bo', 'token-of-bobb', 'TOKEN-OF-BOB', 'x']) {
    expect(await validator.validate(tokenOf(token))).toBeUndefined();
  }
});

it('does not exist in production', () => {
  expect(() => createStaticValidator({ ...options, mode: 'production' })).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
  );
});
