import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import config from '../../gateway.config.ts';
import { byName, manifestToolsReady, tool } from '../support/manifest-tools.ts';
import { at, manifestsOf } from '../support/manifests.ts';

/** The manifests in the hands of the tools that operators use: kubectl, Kubernetes' schemas, Helm, linters. */
const ready = await manifestToolsReady();
const folder = await mkdtemp(join(tmpdir(), 'manifests-'));
afterAll(() => rm(folder, { recursive: true }));

const kubernetes = 'deploy/kubernetes';
for (const [path, content] of await manifestsOf(config)) await write(path, content);
const productionSettings = 'GATEWAY_TRUSTED_ISSUERS=https://login.test/\nGATEWAY_AUDIENCES=https://api.test/\n';
await write(`${kubernetes}/overlays/production/settings.env`, productionSettings);
const chart = join(folder, 'deploy/helm/noetl-gateway');
const components = ['session-store', 'autoscaling', 'noetl-internal-only', 'monitoring', 'ingress', 'gateway-api'];

describe.skipIf(!ready)('kustomize', () => {
  test.each(['base', 'overlays/dev', 'overlays/production'])(
    '%s builds what Kubernetes takes, member by member',
    async (path) => {
      expect(await strictly(await build(`${kubernetes}/${path}`))).toBe('');
    },
  );

  test.each(components)('component %s fits on the base', async (name) => {
    const path = await overlay(name, `resources: [../base]\ncomponents: [../components/${name}]\n`);
    expect(await strictly(await build(path))).toBe('');
  });

  test('the production overlay does not build before its settings are there', async () => {
    const path = await overlay('unset', 'resources: [../base]\n');
    const text = await readFile(join(folder, `${kubernetes}/overlays/production/kustomization.yaml`), 'utf8');
    await write(`${path}/kustomization.yaml`, text.replaceAll('../../', '../'));
    const { ok, error } = await tool('kubectl', 'kustomize', join(folder, path));
    expect(ok).toBe(false);
    expect(error).toContain('settings.env');
  });

  test('a misspelt member is refused', async () => {
    const text = (await build(`${kubernetes}/base`)).replace('enableServiceLinks', 'enableServiceLink');
    expect(await strictly(text)).toMatch(/enableServiceLink/);
  });

  test('a changed variable renames the ConfigMap, so that pods restart', async () => {
    const path = await overlay(
      'mine',
      `resources: [../overlays/production]
configMapGenerator:
  - {name: noetl-gateway-config, namespace: gateway, behavior: merge, literals: [LOG_LEVEL=warn]}
`,
    );
    const [mine, production] = [await resources(path), await resources(`${kubernetes}/overlays/production`)];
    const reference = (all: typeof mine) =>
      at(all['Deployment/noetl-gateway'], ...container, 'envFrom', 0, 'configMapRef', 'name');
    expect(reference(mine)).toMatch(/^noetl-gateway-config-/);
    expect(reference(mine)).not.toBe(reference(production));
    expect(at(mine[`ConfigMap/${reference(mine)}`], 'data')).toMatchObject({ LOG_LEVEL: 'warn', ROUTER_PORT: '8090' });
  });

  test('the overlay of docs/deploy.md builds as it stands there', async () => {
    const [, text = ''] =
      /for example `my-cluster[^`]*`:\s+```yaml\n([\s\S]*?)```/.exec(await readFile('docs/deploy.md', 'utf8')) ?? [];
    await write('my-cluster/kustomization.yaml', text);
    const built = await build('my-cluster');
    expect(await strictly(built)).toBe('');
    expect(built).toContain('image: registry.example.com/noetl-gateway:0.3.0');
    expect(built).toContain('GATEWAY_TRUSTED_ISSUERS: https://login.example.com/');
    expect(built).not.toContain('tenant.example.com');
  });

  test('production: the Secret is required, the autoscaler owns the number of pods', async () => {
    const { 'Deployment/noetl-gateway': deployment } = await resources(`${kubernetes}/overlays/production`);
    expect(at(deployment, 'spec', 'replicas')).toBeUndefined();
    const variables = at(deployment, ...container, 'env') as { name: string; valueFrom?: unknown }[];
    const store = variables.find(({ name }) => name === 'GATEWAY_SESSION_STORE');
    expect(at(store, 'valueFrom', 'secretKeyRef', 'optional')).toBe(false);
    const names = variables.map(({ name }) => name);
    expect(names.indexOf('POD_IP')).toBeLessThan(names.indexOf('GATEWAY_INTERNAL_URL'));
  });

  test('behind an Ingress the public Service is inside only, and the internal one stays as it was', async () => {
    const path = await overlay('behind', 'resources: [../base]\ncomponents: [../components/ingress]\n');
    const all = await resources(path);
    expect(at(all['Service/noetl-gateway'], 'spec', 'type')).toBe('ClusterIP');
    expect(at(all['Service/noetl-gateway-internal'], 'spec', 'publishNotReadyAddresses')).toBe(true);
    const map = Object.entries(all).find(([name]) => name.startsWith('ConfigMap/'))?.[1];
    expect(at(map, 'data', 'GATEWAY_TRUSTED_PROXIES')).toBe('1');
  });
});

describe.skipIf(!ready)('helm', () => {
  const everything = {
    autoscaling: { enabled: true },
    secrets: { required: true },
    podDisruptionBudget: { enabled: true },
    serviceMonitor: { enabled: true },
    prometheusRule: { enabled: true },
    gatewayApi: { enabled: true },
    networkPolicy: { noetlInternalOnly: true, monitoringNamespace: 'monitoring', trustedNamespaces: ['apps'] },
    ingress: { enabled: true, className: 'gce', annotations: { a: 'b: c' }, managedCertificate: { enabled: true } },
    imagePullSecrets: [{ name: 'registry' }],
    nodeSelector: { 'kubernetes.io/arch': 'amd64' },
  };
  /** As a values file for the earlier gateway's chart has them. */
  const earlier = {
    namespace: 'gateway',
    replicaCount: 1,
    image: { repository: '', tag: 'latest', pullPolicy: 'Always' },
    service: { type: 'LoadBalancer', port: 8090, nodePort: null, loadBalancerIP: '192.0.2.7' },
    env: {
      routerPort: '8090',
      noetlBaseUrl: 'http://noetl.noetl.svc.cluster.local:8082',
      rustLog: 'info,gateway=debug',
      corsAllowedOrigins: 'https://a.example.com,https://b.example.com',
      natsUrl: 'nats://u:hunter2@nats:4222',
      natsUpdatesSubjectPrefix: 'playbooks.executions.',
      publicUrl: '',
      authBypass: 'false',
      auth0Domain: 'tenant.example.com',
      auth0RedirectUri: 'https://a.example.com/callback',
    },
    resources: { requests: { memory: '128Mi', cpu: '100m' }, limits: { memory: '512Mi', cpu: '500m' } },
  };

  test.each([
    { name: 'nothing', values: {} },
    { name: 'everything on', values: everything },
    { name: 'the earlier chart’s values', values: earlier },
  ])('with $name it renders what Kubernetes takes, and lints clean', async ({ values }) => {
    const { text, lint } = await render(values);
    expect(lint).toEqual([]);
    expect(await strictly(text)).toBe('');
  });

  test('the earlier chart’s values do what they did, and its messages address is nowhere', async () => {
    const { text, all } = await render(earlier);
    expect(text).not.toContain('hunter2');
    expect(at(all['Service/noetl-gateway'], 'spec', 'loadBalancerIP')).toBe('192.0.2.7');
    expect(at(all['ConfigMap/noetl-gateway-config'], 'data')).toMatchObject({
      CORS_ALLOWED_ORIGINS: 'https://a.example.com,https://b.example.com',
      GATEWAY_AUTH0_DOMAIN: 'tenant.example.com',
      ROUTER_PORT: '8090',
    });
    expect(at(all['Deployment/noetl-gateway'], ...container, 'image')).toBe('noetl-gateway:latest');
  });

  test.each([true, 'true', 'yes', 1])('authBypass: %o is refused', async (authBypass) => {
    expect(await tool('python', ...renderArgs({ env: { authBypass } }))).toMatchObject({
      ok: false,
      error: expect.stringMatching(/authBypass/),
    });
  });

  test.each([
    { name: 'an unknown key', values: { replicas: 3 }, problem: /replicas/ },
    { name: 'a misspelt variable', values: { env: { trustedIssuer: 'https://a.test/' } }, problem: /trustedIssuer/ },
    { name: 'a target port where nothing listens', values: { service: { targetPort: 9999 } }, problem: /targetPort/ },
  ])('$name is refused', async ({ values, problem }) => {
    const { ok, error } = await tool('python', ...renderArgs(values));
    expect(ok).toBe(false);
    expect(error).toMatch(problem);
  });

  test('no value changes the structure, and none is lost or bent on the way', async () => {
    const evil = 'x"\nreplicas: 99\n{{ .Values }} # <&>';
    const { all } = await render({
      env: { publicUrl: evil, noetlTimeoutSecs: 16777216, corsAllowCredentials: false, trustedIssuers: ['a', 'b'] },
    });
    expect(at(all['ConfigMap/noetl-gateway-config'], 'data')).toMatchObject({
      GATEWAY_PUBLIC_URL: evil,
      NOETL_TIMEOUT_SECS: '16777216',
      CORS_ALLOW_CREDENTIALS: 'false',
      GATEWAY_TRUSTED_ISSUERS: 'a,b',
    });
    expect(at(all['Deployment/noetl-gateway'], 'spec', 'replicas')).toBe(1);
  });

  test.each([
    { port: 8090, want: [8090, 80] },
    { port: 80, want: [8090, 80] },
    { port: 9000, want: [9000, 80] },
  ])('service.port $port offers $want', async ({ port, want }) => {
    const { all } = await render({ service: { port } });
    const ports = at(all['Service/noetl-gateway'], 'spec', 'ports') as { port: number }[];
    expect(ports.map((entry) => entry.port)).toEqual(want);
  });

  test.each([{ replicaCount: 2 }, { autoscaling: { enabled: true } }])(
    'several pods without a store that they share are refused: %o',
    async (values) => {
      expect(await tool('python', ...renderArgs(values))).toMatchObject({
        ok: false,
        error: expect.stringMatching(/several pods need .*secrets\.required=true/),
      });
      expect(await render({ ...values, secrets: { required: true } })).toMatchObject({ lint: [] });
    },
  );

  test('the chart renders the resources of the Kustomize tree', async () => {
    const networkPolicy = { monitoringNamespace: 'monitoring', noetlInternalOnly: true };
    const on = { enabled: true };
    const { all } = await render({
      ...{ autoscaling: on, podDisruptionBudget: on, serviceMonitor: on, prometheusRule: on, gatewayApi: on },
      ...{ secrets: { required: true }, ingress: on, networkPolicy },
    });
    const { all: plain } = await render({});
    // The two ways in front of the Service change it both, so the tree takes one of them.
    const list = components.filter((name) => name !== 'gateway-api').map((name) => `../components/${name}`);
    const inFront = await resources(await overlay('all', `resources: [../base]\ncomponents: [${list.join(', ')}]\n`));
    const route = await readFile(join(folder, `${kubernetes}/components/gateway-api/http-route.yaml`), 'utf8');
    const base = await resources(`${kubernetes}/base`);
    for (const [key, resource] of Object.entries({ ...inFront, ...byName(route) })) {
      if (/^(?:Namespace|ConfigMap|Deployment|Service)\//.test(key)) continue;
      expect(at(all[key], 'spec') ?? 'none', key).toEqual(specOf(key, resource));
    }
    expect(at(all['ServiceAccount/noetl-gateway'], 'automountServiceAccountToken')).toBe(false);
    for (const key of ['Service/noetl-gateway', 'Service/noetl-gateway-internal']) {
      expect(at(plain[key], 'spec'), key).toEqual(at(base[key], 'spec'));
    }
    const pods = (from: typeof base) => {
      const spec = structuredClone(at(from['Deployment/noetl-gateway'], 'spec')) as Record<string, unknown>;
      // The one has a generated name, the other a hash in an annotation.
      Object.assign(at(spec, 'template', 'metadata') as object, { annotations: {} });
      const container = at(spec, 'template', 'spec', 'containers', 0) as { env: { name: string }[] };
      // A patch of Kustomize puts its variables first.
      const env = container.env.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      Object.assign(container, { envFrom: [], env });
      return spec;
    };
    expect(pods(plain)).toEqual(pods(base));
    expect(pods(all)).toEqual(pods(inFront));
    const [, map] = Object.entries(base).find(([key]) => key.startsWith('ConfigMap/')) ?? [];
    expect(at(plain['ConfigMap/noetl-gateway-config'], 'data')).toEqual(at(map, 'data'));
  });
});

describe.skipIf(!ready)('linters', () => {
  test.each([resolve('Dockerfile'), join(folder, 'Dockerfile')])(
    'hadolint has nothing to say about %s',
    async (file) => {
      expect(await tool('hadolint', file)).toMatchObject({ ok: true, out: '' });
    },
  );

  test('yamllint has nothing to say about what is YAML', async () => {
    const rules =
      '{extends: default, ignore: ["**/templates/**"], rules: {line-length: disable, document-start: disable}}';
    expect(
      await tool('yamllint', '--strict', '-d', rules, join(folder, 'deploy'), join(folder, 'compose.yaml')),
    ).toMatchObject({ ok: true, out: '' });
  });
});

const container = ['spec', 'template', 'spec', 'containers', 0] as const;

/** The chart trusts NoETL's own namespace too, so that the list is never empty. */
function specOf(key: string, resource: unknown): unknown {
  const spec = structuredClone(at(resource, 'spec') ?? 'none');
  const own = { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['noetl'] }] };
  if (key === 'NetworkPolicy/noetl-from-gateway') {
    (at(spec, 'ingress', 1, 'from') as unknown[]).push({ namespaceSelector: own });
  }
  return spec;
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

/** A kustomization beside the base, as an operator writes one. */
async function overlay(name: string, text: string): Promise<string> {
  await write(`${kubernetes}/${name}-on-base/kustomization.yaml`, text);
  return `${kubernetes}/${name}-on-base`;
}

async function build(path: string): Promise<string> {
  const { ok, out, error } = await tool('kubectl', 'kustomize', join(folder, path));
  expect(error).toBe('');
  expect(ok).toBe(true);
  return out;
}

/** What Kubernetes' own schemas say of these documents, unknown members included. Empty: nothing. */
async function strictly(text: string): Promise<string> {
  const file = join(folder, 'rendered.yaml');
  await writeFile(file, text);
  const { ok, out, error } = await tool('kubernetes-validate', '--strict', '--quiet', '--no-warn', file);
  return ok ? '' : out + error;
}

async function resources(path: string): Promise<Readonly<Record<string, unknown>>> {
  return byName(await build(path));
}

function renderArgs(values: object): readonly string[] {
  return [resolve('tools/manifest-check/render_chart.py'), chart, JSON.stringify(values)];
}

async function render(values: object) {
  const { ok, out, error } = await tool('python', ...renderArgs(values));
  expect(error).toBe('');
  expect(ok).toBe(true);
  const { files, lint } = JSON.parse(out) as { files: Record<string, string>; lint: string[] };
  const manifests = Object.entries(files).filter(([path, text]) => path.endsWith('.yaml') && text.trim() !== '');
  const text = manifests.map(([, manifest]) => manifest).join('\n---\n');
  return { text, lint, all: byName(text) };
}
