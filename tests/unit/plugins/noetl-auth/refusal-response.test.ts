import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../plugins/errors.ts';
import { refusalResponse } from '../../../../plugins/noetl-auth/authenticator.ts';

describe('a refusal', () => {
  test('without a session is 401, and says what is wanted', async () => {
    const response = refusalResponse(new GatewayError('ERR_TOKEN_MISSING', 'a session token is required'), Response);
    expect(response.status).toBe(401);
    expect(Object.fromEntries(response.headers)).toEqual({
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
      'www-authenticate': 'Bearer',
    });
    expect(await response.json()).toEqual({
      errors: [{ message: 'a session token is required', extensions: { code: 'ERR_TOKEN_MISSING' } }],
    });
  });

  test('for want of an answer is 503, and says when to come back', () => {
    const response = refusalResponse(new GatewayError('ERR_OVERLOADED', 'busy', { retryAfterSecs: 9 }), Response);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '9']);
    expect(response.headers.has('www-authenticate')).toBe(false);
  });

  test.each([new Error('secret'), new GatewayError('ERR_UPSTREAM', 'secret'), 'secret', undefined])(
    'for anything unforeseen is 503 and says nothing: %s',
    async (error) => {
      const response = refusalResponse(error, Response);
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
      const text = await response.text();
      expect(text).toContain('ERR_AUTH_UNAVAILABLE');
      expect(text).not.toContain('secret');
    },
  );
});
