import { expect, test } from 'vitest';
import { GatewayError, problemCode } from '../../../plugins/errors.ts';

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });

test.each<[unknown, string]>([
  [coded('ECONNREFUSED'), 'ECONNREFUSED'],
  [new GatewayError('ERR_STORE', 'x', { cause: coded('ENOTFOUND') }), 'ENOTFOUND'],
  [new Error('x', { cause: coded('UND_ERR_SOCKET') }), 'UND_ERR_SOCKET'],
  [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [new Error('WRONGPASS invalid username-password pair'), 'AUTHENTICATION'],
  [new Error("NOPERM this user has no permissions to run 'eval'"), 'PERMISSION'],
  [new Error('jetstream is not enabled'), 'JETSTREAM_OFF'],
  [new Error('Command timed out'), 'TIMEOUT'],
  [new GatewayError('ERR_UPSTREAM', 'NoETL cannot be reached'), 'OTHER'],
  [coded('a text from outside'), 'OTHER'],
  ['no error', 'OTHER'],
])('%s is %s', (error, code) => {
  expect(problemCode(error)).toBe(code);
});

test('a chain without an end is left', () => {
  const error = new Error('x');
  error.cause = error;
  expect(problemCode(error)).toBe('OTHER');
});
