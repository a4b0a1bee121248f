import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { expect, test } from 'vitest';
import { env } from '../../../gateway/config/environment.ts';
import { headerText } from '../../../generator/emit/header.ts';
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

test('every file says where it comes from', () => {
  for (const [path, text] of files) expect(text.slice(0, 400), path).toContain(headerText);
});

test.each([
  'deploy/kubernetes/base/deployment.yaml',
  'deploy/kubernetes/base/kustomization.yaml',
  'deploy/kubernetes/base/network-policy.yaml',
  'deploy/kubernetes/components/noetl-internal-only/network-policy.yaml',
  'deploy/kubernetes/components/session-store/kustomization.yaml',
  'deploy/kubernetes/overlays/dev/kustomization.yaml',
  'deploy/kubernetes/overlays/production/kustomization.yaml',
  'deploy/helm/noetl-gateway/values.yaml',
  'deploy/helm/noetl-gateway/templates/config-map.yaml',
  'deploy/helm/noetl-gateway/templates/service.yaml',
  'compose.yaml',
  'Dockerfile',
  'Dockerfile.dockerignore',
])('%s', async (path) => {
  await expect(files.get(path)).toMatchFileSnapshot(`./expected/${path.replaceAll('/', '__')}`);
});

test('compose.yaml is one that Compose takes', async () => {
  const compose = files.get('compose.yaml') ?? '';
  expect(await complaints(compose)).toEqual([]);
  expect(await complaints(compose.replace('    ports:', '    prots:'))).toEqual([expect.stringMatching(/^invalid-schema/)]);
});

/** What is used of the linter; its own types do not reach here whole. */
interface Linter {
  lintFiles(
    paths: string[],
    recursive: boolean,
  ): Promise<readonly { readonly messages: readonly { readonly rule: string; readonly message: string }[] }[]>;
}

/** Sorted keys, and a tag for the image that is built, are meant. */
const meant = [
  'service-keys-order',
  'top-level-properties-order',
  'require-quotes-in-ports',
  'no-build-and-image',
] as const;

async function complaints(compose: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'compose-'));
  await writeFile(join(folder, 'compose.yaml'), compose);
  const linter: Linter = new DCLinter({
    rules: Object.fromEntries(meant.map((rule) => [rule, 0])),
    quiet: false,
    debug: false,
    exclude: [],
  });
  const results = await linter.lintFiles([join(folder, 'compose.yaml')], false);
  await rm(folder, { recursive: true });
  return results.flatMap(({ messages }) => messages.map(({ rule, message }) => `${rule}: ${message}`));
}
