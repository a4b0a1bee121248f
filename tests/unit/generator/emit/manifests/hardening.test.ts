import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { env } from '../../../../../gateway/config/environment.ts';
import { mallocSettings, nodeOptions } from '../../../../../generator/emit/manifests/docker.ts';
import { containerUser } from '../../../../../generator/emit/manifests/workload.ts';
import { at, documentOf, manifestsOf } from '../../../../support/manifests.ts';

const files = await manifestsOf();
const base = 'deploy/kubernetes/base';
const deployment = documentOf(files, `${base}/deployment.yaml`);
const pod = at(deployment, 'spec', 'template', 'spec');
const container = at(pod, 'containers', 0);

test('the namespace enforces restricted, and the pod asks for no more', () => {
  const labels = at(documentOf(files, `${base}/namespace.yaml`), 'metadata', 'labels');
  expect(labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  // What the profile demands: https://kubernetes.io/docs/concepts/security/pod-security-standards/
  expect(at(pod, 'securityContext')).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  expect(at(container, 'securityContext')).toMatchObject({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
  });
  for (const member of ['hostNetwork', 'hostPID', 'hostIPC']) expect(at(pod, member)).toBeUndefined();
  // Of the kinds of volumes that the profile allows there is one, and a pod starts without it.
  expect(at(pod, 'volumes')).toEqual([{ name: 'ca', configMap: { name: 'noetl-gateway-ca', optional: true } }]);
  expect(at(container, 'volumeMounts', 0, 'readOnly')).toBe(true);
});

test('the user is no user of a node, in the pod and in both images', () => {
  expect(containerUser).toBeGreaterThan(10_000);
  expect(at(pod, 'securityContext')).toMatchObject({ runAsUser: containerUser, runAsGroup: containerUser });
  for (const text of [readFileSync('Dockerfile', 'utf8'), files.get('Dockerfile')]) {
    expect(text).toContain(`USER ${containerUser}:${containerUser}`);
  }
});

test('ephemeral storage is asked for and bounded', () => {
  expect(at(container, 'resources', 'requests')).toHaveProperty('ephemeral-storage');
  expect(at(container, 'resources', 'limits')).toHaveProperty('ephemeral-storage');
});

test('a rollout waits for a pod to live, and pods that are not ready keep no node', () => {
  expect(at(deployment, 'spec', 'minReadySeconds')).toBeGreaterThan(0);
  const budget = documentOf(files, 'deploy/kubernetes/components/autoscaling/pod-disruption-budget.yaml');
  expect(at(budget, 'spec', 'unhealthyPodEvictionPolicy')).toBe('AlwaysAllow');
});

test('the heap fits beside what else is in the memory of the container', () => {
  for (const text of [readFileSync('Dockerfile', 'utf8'), files.get('Dockerfile')]) {
    expect(text).toContain(nodeOptions);
    expect(text).toContain(mallocSettings);
  }
  const print =
    'console.log(v8.getHeapStatistics().heap_size_limit / Math.min(os.totalmem(), process.constrainedMemory() || Infinity))';
  const given = { env: { NODE_OPTIONS: nodeOptions }, encoding: 'utf8' } as const;
  const share = Number(execFileSync(process.execPath, ['-p', print.replace('console.log', '')], given));
  expect(share).toBeGreaterThan(0.5);
  expect(share).toBeLessThan(0.7);
});

test('the production overlay has no example address, and needs the file where they are set', () => {
  const production = files.get('deploy/kubernetes/overlays/production/kustomization.yaml') ?? '';
  expect(production).not.toContain('example.com');
  expect(production).toContain('- settings.env\n');
  expect(files.has('deploy/kubernetes/overlays/production/settings.env')).toBe(false);
  const example = files.get('deploy/kubernetes/overlays/production/settings.env.example') ?? '';
  expect(example).toMatch(/^GATEWAY_TRUSTED_ISSUERS=$/m);
  expect(example).toMatch(/^GATEWAY_AUDIENCES=$/m);
});

test('a declaration with issuers of its own needs no such file', async () => {
  const own = await manifestsOf({ auth: { trustedIssuers: ['https://login.test/'], audiences: ['app'] } });
  expect(own.get('deploy/kubernetes/overlays/production/kustomization.yaml')).not.toContain('settings.env');
});

test.each(['GATEWAY_AUDIENCE', 'ROUTR_PORT', 'GATEWAY_SESION_STORE'])(
  'a misspelt variable in the declaration is refused: %s',
  async (name) => {
    const made = manifestsOf({ listen: { publicUrl: env(name, '') } });
    await expect(made).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID', problems: [expect.stringContaining(name)] });
  },
);

test('a variable of your own is taken', async () => {
  await expect(manifestsOf({ listen: { publicUrl: env('SHOP_URL', '') } })).resolves.toBeDefined();
});
