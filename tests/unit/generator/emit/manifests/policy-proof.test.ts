import { expect, test } from 'vitest';
import { env, fallbackOf } from '../../../../../gateway/config/environment.ts';
import { defaultSections } from '../../../../../gateway/config/resolve-config.ts';
import { at, documentOf, manifestsOf, resourcesOf } from '../../../../support/manifests.ts';

/** What the manifests promise, proved against the declaration that the process itself reads. */

const base = 'deploy/kubernetes/base';
const files = await manifestsOf({ deploy: { trustedNamespaces: ['travel'] } });
const deployment = documentOf(files, `${base}/deployment.yaml`);
const pod = at(deployment, 'spec', 'template', 'spec');
const container = at(pod, 'containers', 0);
const policy = documentOf(files, `${base}/network-policy.yaml`);
const literals = at(documentOf(files, `${base}/kustomization.yaml`), 'configMapGenerator', 0, 'literals') as string[];

test('the ports are those that the process listens on', () => {
  expect(at(container, 'ports')).toEqual([
    { name: 'http', containerPort: fallbackOf(defaultSections.listen.port), protocol: 'TCP' },
    { name: 'internal', containerPort: fallbackOf(defaultSections.listen.internalPort), protocol: 'TCP' },
  ]);
  expect(literals).toContain(`ROUTER_PORT=${fallbackOf(defaultSections.listen.port)}`);
  expect(literals).toContain(`GATEWAY_INTERNAL_PORT=${fallbackOf(defaultSections.listen.internalPort)}`);
});

test('other ports of a declaration reach the pod, its probes, services and policies', async () => {
  const other = await manifestsOf({ listen: { port: env('ROUTER_PORT', 9000), internalPort: 9001 } });
  const pod = at(documentOf(other, `${base}/deployment.yaml`), 'spec', 'template', 'spec', 'containers', 0);
  expect(at(pod, 'ports', 0, 'containerPort')).toBe(9000);
  expect(at(pod, 'ports', 1, 'containerPort')).toBe(9001);
  expect(at(pod, 'env', 1)).toEqual({ name: 'GATEWAY_INTERNAL_URL', value: 'http://$(POD_IP):9001' });
  expect(at(documentOf(other, `${base}/service.yaml`), 'spec', 'ports', 0, 'port')).toBe(9000);
  expect(at(documentOf(other, `${base}/service-internal.yaml`), 'spec', 'ports', 0, 'port')).toBe(9001);
});

test('life is asked on the public listener, readiness on the internal one', () => {
  expect(at(container, 'livenessProbe', 'httpGet')).toEqual({ path: '/health', port: 'http' });
  expect(at(container, 'startupProbe', 'httpGet')).toEqual({ path: '/health', port: 'http' });
  expect(at(container, 'readinessProbe', 'httpGet')).toEqual({ path: '/ready', port: 'internal' });
});

test('the public Service reaches the public listener only', () => {
  const spec = at(documentOf(files, `${base}/service.yaml`), 'spec');
  expect(at(documentOf(files, `${base}/service.yaml`), 'metadata')).toMatchObject({
    name: 'noetl-gateway',
    namespace: 'gateway',
  });
  const ports = at(spec, 'ports') as { port: number; targetPort: string }[];
  expect(ports.map(({ port, targetPort }) => [port, targetPort])).toEqual([
    [8090, 'http'],
    [80, 'http'],
  ]);
});

test('the internal Service has the name of the default callback URL and is no way in from outside', () => {
  const internal = documentOf(files, `${base}/service-internal.yaml`);
  const url = new URL(fallbackOf(defaultSections.listen.internalUrl) ?? '');
  expect(`${at(internal, 'metadata', 'name')}.${at(internal, 'metadata', 'namespace')}.svc.cluster.local`).toBe(
    url.hostname,
  );
  expect(at(internal, 'spec', 'ports', 0, 'port')).toBe(Number(url.port));
  expect(at(internal, 'spec', 'type')).toBe('ClusterIP');
});

test('a callback reaches the pod that waits for it', () => {
  const variables = at(container, 'env') as { name: string; value?: string; valueFrom?: unknown }[];
  const names = variables.map(({ name }) => name);
  expect(names.indexOf('POD_IP')).toBeLessThan(names.indexOf('GATEWAY_INTERNAL_URL'));
  expect(names).toContain('POD_IP');
  expect(literals.some((literal) => literal.startsWith('GATEWAY_INTERNAL_URL='))).toBe(false);
});

test('the pod runs without rights, token or writable disk', () => {
  expect(at(container, 'securityContext')).toEqual({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
  });
  expect(at(pod, 'securityContext')).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  expect(at(pod, 'automountServiceAccountToken')).toBe(false);
  expect(at(documentOf(files, `${base}/service-account.yaml`), 'automountServiceAccountToken')).toBe(false);
  expect(at(pod, 'enableServiceLinks')).toBe(false);
});

test('what is in flight has longer than the drain before the kill', () => {
  const preStop = at(container, 'lifecycle', 'preStop', 'sleep', 'seconds') as number;
  expect(preStop).toBeGreaterThan(0);
  expect(at(pod, 'terminationGracePeriodSeconds')).toBeGreaterThan(
    preStop + Number(fallbackOf(defaultSections.listen.drainSecs)),
  );
});

test('in: the public port from anywhere, the internal one from NoETL only', () => {
  expect(at(policy, 'spec', 'policyTypes')).toEqual(['Ingress', 'Egress']);
  expect(at(policy, 'spec', 'ingress')).toEqual([
    { ports: [{ port: 'http', protocol: 'TCP' }] },
    { ports: [{ port: 'internal', protocol: 'TCP' }], from: [{ namespaceSelector: namespaces('noetl') }] },
  ]);
});

test('out: NoETL, DNS and public addresses on 443; every rule names ports and targets', () => {
  const egress = at(policy, 'spec', 'egress') as { ports: { port: number }[]; to: unknown[] }[];
  expect(egress.map(({ ports }) => ports.map(({ port }) => port))).toEqual([[8082], [53, 53], [443]]);
  for (const rule of egress) expect(rule.to.length).toBeGreaterThan(0);
  expect(egress[0]?.to).toEqual([{ namespaceSelector: namespaces('noetl') }]);
  expect(at(egress[2], 'to', 0, 'ipBlock', 'except')).toEqual(
    expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16']),
  );
});

test('NoETL answers its own namespace, the gateway, and who the declaration trusts', () => {
  const noetl = documentOf(files, 'deploy/kubernetes/components/noetl-internal-only/network-policy.yaml');
  expect(at(noetl, 'metadata', 'namespace')).toBe('noetl');
  expect(at(noetl, 'spec', 'ingress')).toEqual([
    { from: [{ podSelector: {} }] },
    {
      ports: [{ port: 8082, protocol: 'TCP' }],
      from: [
        {
          namespaceSelector: namespaces('gateway'),
          podSelector: { matchLabels: { 'app.kubernetes.io/name': 'noetl-gateway' } },
        },
        { namespaceSelector: namespaces('travel') },
      ],
    },
  ]);
});

test('metrics are scraped on the internal listener', () => {
  const monitor = documentOf(files, 'deploy/kubernetes/components/monitoring/service-monitor.yaml');
  expect(at(monitor, 'spec', 'endpoints')).toEqual([{ port: 'internal', path: '/metrics', interval: '30s' }]);
  const labels = at(documentOf(files, `${base}/service-internal.yaml`), 'metadata', 'labels');
  expect(labels).toMatchObject(at(monitor, 'spec', 'selector', 'matchLabels') as object);
});

test('every selector selects the pods', () => {
  const labels = at(deployment, 'spec', 'template', 'metadata', 'labels');
  const selectors = resourcesOf(files).flatMap(([path, resource]) =>
    path.includes('noetl-internal-only')
      ? []
      : [
          at(resource, 'spec', 'podSelector', 'matchLabels'),
          at(resource, 'spec', 'selector', 'matchLabels') ?? at(resource, 'spec', 'selector'),
        ].filter((selector) => selector !== undefined && resource['kind'] !== 'ServiceMonitor'),
  );
  expect(selectors.length).toBeGreaterThanOrEqual(6);
  for (const selector of selectors) expect(labels).toMatchObject(selector as object);
});

test('secret variables are references, never values', async () => {
  const secret = await manifestsOf({
    sessions: { store: env('GATEWAY_SESSION_STORE', 'redis://:hunter2@redis:6379', { secret: true }) },
  });
  for (const [path, text] of secret) {
    expect(text, path).not.toContain('hunter2');
    expect(text, path).not.toMatch(/^kind: Secret$/m);
  }
  const variables = at(
    documentOf(secret, `${base}/deployment.yaml`),
    'spec',
    'template',
    'spec',
    'containers',
    0,
    'env',
  );
  expect(variables).toContainEqual({
    name: 'GATEWAY_SESSION_STORE',
    valueFrom: { secretKeyRef: { name: 'noetl-gateway-secrets', key: 'GATEWAY_SESSION_STORE', optional: true } },
  });
});

test('a secret variable without a default must be in the Secret', async () => {
  const strict = await manifestsOf({ sessions: { store: env<string>('STORE', undefined, { secret: true }) } });
  const variables = at(
    documentOf(strict, `${base}/deployment.yaml`),
    'spec',
    'template',
    'spec',
    'containers',
    0,
    'env',
  );
  const named = (Array.isArray(variables) ? variables : []).find((variable) => at(variable, 'name') === 'STORE');
  expect(at(named, 'valueFrom', 'secretKeyRef', 'optional')).toBe(false);
});

test('the placeholders are in the overlay for development, not in the base: a base alone does not start', () => {
  expect(literals.join('\n')).not.toContain('example.com');
  const overlay = documentOf(files, 'deploy/kubernetes/overlays/dev/kustomization.yaml');
  expect(at(overlay, 'configMapGenerator', 0, 'literals')).toEqual(
    expect.arrayContaining([
      'GATEWAY_AUDIENCES=https://gateway.example.com/',
      'GATEWAY_TRUSTED_ISSUERS=https://tenant.example.com/',
      'GATEWAY_SESSION_ACCEPT_MEMORY=true',
    ]),
  );
  const base = documentOf(files, 'deploy/kubernetes/base/kustomization.yaml');
  expect(at(base, 'configMapGenerator', 0, 'literals')).toContain('GATEWAY_SESSION_ACCEPT_MEMORY=false');
});

test('compose publishes the public port and nothing else, to this machine only', () => {
  const services = documentOf(files, 'compose.yaml')['services'] as Record<
    string,
    { ports?: unknown; networks: string[] }
  >;
  expect(Object.keys(services).sort()).toEqual(['gateway', 'nats', 'noetl', 'noetl-worker', 'postgres', 'redis']);
  expect(Object.entries(services).flatMap(([name, { ports }]) => (ports ? [[name, ports]] : []))).toEqual([
    ['gateway', [{ host_ip: expect.stringContaining(':-127.0.0.1}'), published: '8090', target: 8090 }]],
  ]);
  expect(services['gateway']?.networks).not.toContain('noetl-data');
  expect(services['redis']?.networks).toEqual(['sessions']);
});

test('the declaration in another order gives the same bytes', async () => {
  const one = { listen: { port: 1234, bind: '::' }, upstream: { timeoutSecs: 5, baseUrl: 'http://a.noetl.svc:1' } };
  const other = { upstream: { baseUrl: 'http://a.noetl.svc:1', timeoutSecs: 5 }, listen: { bind: '::', port: 1234 } };
  expect([...(await manifestsOf(one))]).toEqual([...(await manifestsOf(other))]);
});

function namespaces(...values: readonly string[]): object {
  return { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }] };
}
