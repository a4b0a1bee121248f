import { expect, test } from 'vitest';
import type { GatewayConfig } from '../../../../core/config/gateway-config.ts';
import { resolveConfig } from '../../../../core/config/resolve-config.ts';
import { unknownConfigNames } from '../../../../core/config/unknown-config-names.ts';
import shipped from '../../../../gateway.config.ts';

test('a name that nothing reads is told of, with its place', () => {
  const misspelt = { ...shipped, limit: {}, limits: { bodyBytes: 1024, bodyByte: 3 }, auth: { jwtmode: 'off' } };
  expect(unknownConfigNames(misspelt as unknown as GatewayConfig)).toEqual([
    'gateway.config.ts: limit is not a name this gateway knows: ignored',
    'gateway.config.ts: limits.bodyByte is not a name this gateway knows: ignored',
    'gateway.config.ts: auth.jwtmode is not a name this gateway knows: ignored',
  ]);
});

test('the shipped config has none, and a start warns of those that there are', () => {
  expect(unknownConfigNames(shipped)).toEqual([]);
  const environment = { GATEWAY_TRUSTED_ISSUERS: 'https://issuer.example.com', GATEWAY_AUDIENCES: 'app' };
  const { warnings } = resolveConfig({ ...shipped, limits: { bodyByte: 3 } } as unknown as GatewayConfig, environment);
  expect(warnings).toContainEqual(expect.stringContaining('limits.bodyByte'));
});
