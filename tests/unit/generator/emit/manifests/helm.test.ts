import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { env } from '../../../../../gateway/config/environment.ts';
import { environmentKey, helmValues, valuesSchema } from '../../../../../generator/emit/manifests/helm.ts';
import { manifestSettings } from '../../../../../generator/emit/manifests/settings.ts';
import { at, documentOf, manifestsOf } from '../../../../support/manifests.ts';

const values = helmValues(manifestSettings({ operations: {}, roles: [], grants: [] }, '1.2.3'));

test.each([
  { given: 'ROUTER_PORT', want: 'routerPort' },
  { given: 'NOETL_BASE_URL', want: 'noetlBaseUrl' },
  { given: 'CORS_ALLOWED_ORIGINS', want: 'corsAllowedOrigins' },
  { given: 'GATEWAY_PUBLIC_URL', want: 'publicUrl' },
  { given: 'GATEWAY_AUTH0_CLIENT_ID', want: 'auth0ClientId' },
  { given: 'AUTH_PLAYBOOK_TIMEOUT_SECS', want: 'authPlaybookTimeoutSecs' },
])('$given is env.$want, as in the chart that it replaces', ({ given, want }) => {
  expect(environmentKey(given)).toBe(want);
  expect(values.env).toHaveProperty(want);
});

test.each([
  'namespace',
  'replicaCount',
  'image.repository',
  'image.tag',
  'image.pullPolicy',
  'service.type',
  'service.port',
  'service.targetPort',
  'service.nodePort',
  'service.loadBalancerIP',
  'ingress.enabled',
  'ingress.className',
  'ingress.annotations',
  'ingress.host',
  'ingress.tls.enabled',
  'ingress.tls.secretName',
  'ingress.managedCertificate.enabled',
  'ingress.managedCertificate.name',
  'env.rustLog',
  'env.natsUrl',
  'env.natsUpdatesSubjectPrefix',
  'env.authBypass',
  'resources',
])('%s of the earlier chart is a key of this one', (path) => {
  expect(at(values, ...path.split('.'))).not.toBeUndefined();
});

test('no issuer and no audience is trusted, and nothing is bypassed, by the defaults', () => {
  expect(values.env).toMatchObject({ trustedIssuers: '', audiences: '', auth0Domain: '', authBypass: 'false' });
});

test('the schema refuses what the chart does not know, a misspelt variable as well', () => {
  const schema = valuesSchema(values);
  expect(schema).toMatchObject({ additionalProperties: false });
  expect(at(schema, 'properties', 'service', 'additionalProperties')).toBe(false);
  expect(at(schema, 'properties', 'env', 'additionalProperties')).toBe(false);
  const known = Object.keys(at(schema, 'properties', 'env', 'properties') as object);
  expect(known).toEqual(expect.arrayContaining(['trustedIssuers', 'audiences', 'auth0RedirectUri', 'rustLog']));
  expect(known).not.toContain('trustedIssuer');
  expect(at(schema, 'properties', 'env', 'properties', 'authBypass', 'enum')).not.toContain('true');
});

test.each([
  {
    name: 'in memory unless the environment names a store',
    config: {},
    want: { inMemory: true, storeVariable: 'GATEWAY_SESSION_STORE', acceptMemoryKey: 'sessionAcceptMemory' },
  },
  {
    name: 'in memory, whatever the environment',
    config: { sessions: { store: 'memory:' } },
    want: { inMemory: true, acceptMemoryKey: 'sessionAcceptMemory' },
  },
  {
    name: 'in a store',
    config: { sessions: { store: env('STORE', 'redis://cache:6379') } },
    want: { inMemory: false, storeVariable: 'STORE' },
  },
])('the templates know of sessions $name', async ({ config, want }) => {
  const files = await manifestsOf(config);
  expect(documentOf(files, 'deploy/helm/noetl-gateway/files/config.yaml')['sessions']).toEqual(want);
});

test('every template of the chart is emitted, and no other', async () => {
  const folder = 'deploy/helm/noetl-gateway/templates';
  const emitted = [...(await manifestsOf()).keys()].filter((path) => path.startsWith(folder));
  expect(emitted.sort()).toEqual((await readdir(folder)).map((name) => `${folder}/${name}`).sort());
});

test('the token of NoETL is in the Secret, and a required Secret need not have it', async () => {
  const files = await manifestsOf({});
  expect(documentOf(files, 'deploy/helm/noetl-gateway/files/config.yaml')).toMatchObject({
    secrets: expect.arrayContaining(['GATEWAY_SESSION_STORE', 'NOETL_INTERNAL_API_TOKEN']),
    freeSecrets: ['NOETL_INTERNAL_API_TOKEN'],
  });
  const component = JSON.stringify(documentOf(files, 'deploy/kubernetes/components/session-store/kustomization.yaml'));
  expect(component).toContain('GATEWAY_SESSION_STORE');
  expect(component).not.toContain('NOETL_INTERNAL_API_TOKEN');
});
