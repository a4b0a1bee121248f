import { describe, expect, test } from 'vitest';
import { listSettings } from '../../../../../generator/emit/config-reference.ts';
import { at, documentOf, manifestsOf } from '../../../../support/manifests.ts';

const deploy = {
  host: 'api.example.com',
  ingress: {
    className: 'nginx',
    annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt', 'a.example.com/first': 'yes' },
    tlsSecret: 'api-example-com',
  },
  resources: { cpu: '500m', cpuLimit: '1.5', memoryMib: 384, memoryLimitMib: 768 },
  issuerNamespaces: ['keycloak'],
} as const;
const kubernetes = 'deploy/kubernetes';
const policy = `${kubernetes}/base/network-policy-issuers.yaml`;

describe('the deploy section', () => {
  test('decides class, annotations and certificate of the Ingress', async () => {
    const ingress = documentOf(await manifestsOf({ deploy }), `${kubernetes}/components/ingress/ingress.yaml`);
    expect(ingress).toMatchObject({
      metadata: { annotations: deploy.ingress.annotations },
      spec: { ingressClassName: 'nginx', tls: [{ hosts: ['api.example.com'], secretName: 'api-example-com' }] },
    });
    const usual = documentOf(await manifestsOf(), `${kubernetes}/components/ingress/ingress.yaml`);
    expect(at(usual, 'spec', 'ingressClassName')).toBeUndefined();
    expect(at(usual, 'metadata', 'annotations')).toBeUndefined();
  });

  test('decides what a pod may use, and when the alert on memory fires', async () => {
    const files = await manifestsOf({ deploy });
    const deployment = documentOf(files, `${kubernetes}/base/deployment.yaml`);
    expect(at(deployment, 'spec', 'template', 'spec', 'containers', 0, 'resources')).toMatchObject({
      requests: { cpu: '500m', memory: '384Mi' },
      limits: { cpu: '1.5', memory: '768Mi' },
    });
    const nearLimit = `process_resident_memory_bytes > ${Math.round(768 * 1024 * 1024 * 0.9)})`;
    expect(files.get(`${kubernetes}/components/monitoring/prometheus-rule.yaml`)).toContain(nearLimit);
    expect(files.get('deploy/helm/noetl-gateway/files/rules.yaml')).toContain(nearLimit);
  });

  test('names the runbook of each alert, and Prometheus takes no part of the address for a template', async () => {
    const files = await manifestsOf({ deploy: { runbookUrl: 'https://runbooks.example.com/{{ .Team }}' } });
    const operator = documentOf(files, `${kubernetes}/components/monitoring/prometheus-rule.yaml`);
    const chart = documentOf(files, 'deploy/helm/noetl-gateway/files/rules.yaml');
    expect(chart['groups']).toEqual(at(operator, 'spec', 'groups'));
    const urls = (at(chart, 'groups', 0, 'rules') as { alert: string; annotations: { runbook_url: string } }[]).map(
      ({ alert, annotations }) => [alert, annotations.runbook_url],
    );
    expect(urls.length).toBeGreaterThan(20);
    for (const [alert = '', url] of urls) {
      expect(url).toBe(`https://runbooks.example.com/{{"{{"}} .Team }}#${alert.toLowerCase()}`);
    }
  });

  test('lets the pods reach issuers in these namespaces, on the ports of their pods, and no others', async () => {
    const auth = { trustedIssuers: ['http://keycloak.keycloak.svc:8180/realms/acme'], audiences: ['app'] };
    const files = await manifestsOf({ deploy, auth });
    expect(at(documentOf(files, policy), 'spec', 'egress')).toEqual([
      {
        ports: [443, 8080, 8180, 8443].map((port) => ({ protocol: 'TCP', port })),
        to: [
          {
            namespaceSelector: {
              matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['keycloak'] }],
            },
          },
        ],
      },
    ]);
    expect(at(documentOf(files, `${kubernetes}/base/kustomization.yaml`), 'resources')).toContain(
      'network-policy-issuers.yaml',
    );
    expect((await manifestsOf()).has(policy)).toBe(false);
  });

  test('is what the chart has as defaults', async () => {
    const values = documentOf(await manifestsOf({ deploy }), 'deploy/helm/noetl-gateway/values.yaml');
    expect(values).toMatchObject({
      ingress: {
        className: 'nginx',
        annotations: deploy.ingress.annotations,
        tls: { enabled: true, secretName: 'api-example-com' },
      },
      resources: { limits: { memory: '768Mi' } },
      networkPolicy: { issuerNamespaces: ['keycloak'] },
    });
  });

  test.each<{ wrong: object; says: string }>([
    { wrong: { resources: { memoryMib: 1024 } }, says: 'deploy.resources.memoryMib: is more than' },
    { wrong: { resources: { cpu: '3' } }, says: 'deploy.resources.cpu: is more than deploy.resources.cpuLimit' },
    { wrong: { resources: { cpu: 'two' } }, says: 'deploy.resources.cpu: must be cores' },
    { wrong: { ingress: { annotations: { 'no name': '1' } } }, says: 'no name: not the name of an annotation' },
    { wrong: { ingress: { tlsSecret: 'TLS' } }, says: 'deploy.ingress.tlsSecret: is not the name of a resource' },
    { wrong: { issuerNamespaces: ['Key Cloak'] }, says: 'is not a namespace' },
  ])('refuses what Kubernetes would refuse: $says', async ({ wrong, says }) => {
    await expect(manifestsOf({ deploy: wrong })).rejects.toMatchObject({
      problems: [expect.stringContaining(says)],
    });
  });

  test('is on the page of settings, each field of it', () => {
    const places = listSettings().flatMap(({ place }) => (place.startsWith('deploy.') ? [place] : []));
    for (const name of [
      'ingress.className',
      'ingress.annotations.*',
      'ingress.tlsSecret',
      'resources.cpu',
      'resources.memoryLimitMib',
      'issuerNamespaces',
    ]) {
      expect(places).toContain(`deploy.${name}`);
    }
  });
});
