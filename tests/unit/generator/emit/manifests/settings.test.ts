import { expect, test } from 'vitest';
import { env } from '../../../../../gateway/config/environment.ts';
import type { GatewayConfig } from '../../../../../gateway/config/gateway-config.ts';
import { manifestSettings } from '../../../../../generator/emit/manifests/settings.ts';

const settings = (config: Partial<GatewayConfig> = {}) =>
  manifestSettings({ operations: {}, roles: [], grants: [], ...config }, '1.2.3');

test('what NoETL deployments use, when nothing is said', () => {
  expect(settings()).toMatchObject({
    namespace: 'gateway',
    image: 'noetl-gateway:1.2.3',
    publicPort: 8090,
    internalPort: 8091,
    noetl: { namespace: 'noetl', port: 8082 },
    store: { namespaces: ['nats', 'redis'], ports: [4222, 6379] },
    issuerPorts: [443],
  });
});

test.each([
  { name: 'own memory', config: {}, want: 1 },
  {
    name: 'a store of the environment',
    config: { deploy: { replicas: 3 }, sessions: { store: env('GATEWAY_SESSION_STORE') } },
    want: 3,
  },
  { name: 'a shared store', config: { sessions: { store: 'redis://redis:6379' } }, want: 2 },
])('pods with sessions in $name: $want', ({ config, want }) => {
  expect(settings(config).replicas).toBe(want);
});

test.each([
  { image: 'registry.example.com:5000/gateway', want: 'registry.example.com:5000/gateway:1.2.3' },
  { image: 'registry.example.com:5000/gateway:9', want: 'registry.example.com:5000/gateway:9' },
  { image: 'gateway@sha256:0123', want: 'gateway@sha256:0123' },
])('$image is deployed as $want', ({ image, want }) => {
  expect(settings({ deploy: { image } }).image).toBe(want);
});

test('required lists ask for one of their variables until a value is there', () => {
  expect(settings().required).toEqual([
    { names: ['GATEWAY_TRUSTED_ISSUERS', 'GATEWAY_AUTH0_DOMAIN'], placeholder: 'https://tenant.example.com/' },
    {
      names: ['GATEWAY_AUDIENCES', 'GATEWAY_AUTH0_CLIENT_ID', 'GATEWAY_AUTH0_AUDIENCE'],
      placeholder: 'https://gateway.example.com/',
    },
  ]);
  const given = { trustedIssuers: ['https://login.example.com:8443/'], audiences: env('AUD', 'api') };
  expect(settings({ auth: given }).required).toEqual([]);
  expect(settings({ auth: given }).issuerPorts).toEqual([443, 8443]);
});

test.each([
  { store: 'redis://cache.data.svc.cluster.local:6380/1', want: { namespaces: ['data'], ports: [6380] } },
  { store: 'nats://nats.messages.svc', want: { namespaces: ['messages'], ports: [4222] } },
  { store: 'redis://cache:6379', want: { namespaces: ['nats', 'redis'], ports: [4222, 6379] } },
])('the store at $store is let out to', ({ store, want }) => {
  expect(settings({ sessions: { store: env('STORE', store, { secret: true }) } }).store).toEqual(want);
});

test('a secret value never becomes a setting that is printed', () => {
  const store = 'redis://:hunter2@cache.data.svc:6379';
  const all = JSON.stringify(settings({ sessions: { store: env('STORE', store, { secret: true }) } }));
  expect(all).not.toContain('hunter2');
});

test.each([
  { name: 'namespace', config: { deploy: { namespace: 'Not A Name' } }, problem: /deploy\.namespace/ },
  {
    name: 'trusted namespace',
    config: { deploy: { trustedNamespaces: ['ok', '-'] } },
    problem: /trustedNamespaces: - is not/,
  },
  { name: 'host', config: { deploy: { host: 'https://x' } }, problem: /deploy\.host/ },
  { name: 'replicas', config: { deploy: { replicas: 0 } }, problem: /deploy\.replicas/ },
  { name: 'image', config: { deploy: { image: 'a b' } }, problem: /deploy\.image/ },
  { name: 'one port for all', config: { listen: { port: 8091 } }, problem: /must differ from listen\.port/ },
])('a wrong $name is refused', ({ config, problem }) => {
  expect(() => settings(config)).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID', problems: [expect.stringMatching(problem)] }),
  );
});
