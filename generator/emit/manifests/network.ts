import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import type {
  IIngress,
  INetworkPolicy,
  INetworkPolicyEgressRule,
  INetworkPolicyPeer,
  INetworkPolicyPort,
} from 'kubernetes-models/networking.k8s.io/v1';
import type { IService } from 'kubernetes-models/v1';
import { type ManifestSettings, names } from './settings.ts';
import { metadata, podLabels } from './workload.ts';

/** A policy of the gateway's own pods. */
const policyOf = (settings: ManifestSettings, name: string, spec: Partial<INetworkPolicy['spec']>): INetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: metadata(settings, name),
  spec: { podSelector: { matchLabels: { ...podLabels } }, ...spec },
});

/** The label that Kubernetes itself puts on every namespace. */
const namespaceName = 'kubernetes.io/metadata.name';

/** The labels that NoETL's deployments put on the server's pods. */
const noetlServers = { key: 'app', operator: 'In', values: ['noetl', 'noetl-server'] };

/**
 * Address ranges that no identity provider lives in: without them a 443 rule would open the cluster and its metadata.
 */
const privateRanges = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
];

/**
 * What may reach the pods, and what they may reach: NoETL, DNS and issuers. Everything else is cut. The public port is
 * open to all; the internal one to NoETL's namespace, whose workers call back (ADR 0009).
 */
export function gatewayPolicy(settings: ManifestSettings): INetworkPolicy {
  return policyOf(settings, names.app, {
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { ports: [tcp('http')] },
      { ports: [tcp('internal')], from: [{ namespaceSelector: namespaces([settings.noetl.namespace]) }] },
    ],
    egress: [
      { ports: [tcp(settings.noetl.port)], to: [{ namespaceSelector: namespaces([settings.noetl.namespace]) }] },
      dns(),
      { ports: settings.issuerPorts.map(tcp), to: publicAddresses() },
    ],
  });
}

/**
 * The ports of issuers in this cluster: those of their addresses, and those that pods of identity providers usually
 * have, since a policy is about pods and an address names a Service.
 */
export const issuerPodPorts = ({ issuerPorts }: ManifestSettings): readonly number[] =>
  [...new Set([...issuerPorts, 8080, 8443])].sort((a, b) => a - b);

/** Lets the pods reach identity providers of this cluster. */
export function issuerPolicy(settings: ManifestSettings): INetworkPolicy {
  return policyOf(settings, 'noetl-gateway-issuers', {
    policyTypes: ['Egress'],
    egress: [
      { ports: issuerPodPorts(settings).map(tcp), to: [{ namespaceSelector: namespaces(settings.issuerNamespaces) }] },
    ],
  });
}

/** Lets the pods reach the shared session store. */
export function storePolicy(settings: ManifestSettings): INetworkPolicy {
  return policyOf(settings, 'noetl-gateway-session-store', {
    policyTypes: ['Egress'],
    egress: [
      { ports: settings.store.ports.map(tcp), to: [{ namespaceSelector: namespaces(settings.store.namespaces) }] },
    ],
  });
}

/** Lets one more namespace reach the internal listener, to scrape metrics. */
export function monitoringPolicy(settings: ManifestSettings, monitoringNamespace: string): INetworkPolicy {
  return policyOf(settings, 'noetl-gateway-monitoring', {
    policyTypes: ['Ingress'],
    ingress: [{ ports: [tcp('internal')], from: [{ namespaceSelector: namespaces([monitoringNamespace]) }] }],
  });
}

/**
 * For NoETL's own namespace: the server answers its own namespace, the gateway, and the namespaces that the declaration
 * trusts. This is what makes "NoETL is internal only" true.
 */
export function noetlPolicy(settings: ManifestSettings): INetworkPolicy {
  const trusted = settings.trustedNamespaces;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { ...metadata(settings, 'noetl-from-gateway'), namespace: settings.noetl.namespace },
    spec: {
      podSelector: { matchExpressions: [noetlServers] },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ podSelector: {} }] },
        {
          ports: [tcp(settings.noetl.port)],
          from: [
            { namespaceSelector: namespaces([settings.namespace]), podSelector: { matchLabels: { ...podLabels } } },
            ...(trusted.length > 0 ? [{ namespaceSelector: namespaces(trusted) }] : []),
          ],
        },
      ],
    },
  };
}

/**
 * The one public way in, on the protocol's port and on 80 (auth playbooks of older deployments post to the default
 * port). `Local` keeps the caller's address, which rate limits and the audit log count by.
 */
export function publicService(settings: ManifestSettings): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(settings, names.app),
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      selector: { ...podLabels },
      ports: [
        { name: 'gateway', port: settings.publicPort, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' },
        { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' },
      ],
    },
  };
}

/** Metrics, readiness and a stable name for the internal listener. Unready pods stay in it: they still have metrics. */
export function internalService(settings: ManifestSettings): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(settings, names.internalService, { 'app.kubernetes.io/component': 'internal' }),
    spec: {
      type: 'ClusterIP',
      publishNotReadyAddresses: true,
      selector: { ...podLabels },
      ports: [{ name: 'internal', port: settings.internalPort, targetPort: 'internal', protocol: 'TCP' }],
    },
  };
}

/**
 * An Ingress with TLS for the public host. Only the public Service is behind it: the internal listener has no way in
 * from outside (ADR 0009).
 */
export function ingress(settings: ManifestSettings): IIngress {
  const { ingressClass, ingressAnnotations } = settings;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      ...metadata(settings, names.app),
      ...(Object.keys(ingressAnnotations).length > 0 && { annotations: { ...ingressAnnotations } }),
    },
    spec: {
      ...(ingressClass !== undefined && { ingressClassName: ingressClass }),
      tls: [{ hosts: [settings.host], secretName: settings.tlsSecret }],
      rules: [
        {
          host: settings.host,
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: names.app, port: { name: 'gateway' } } },
              },
            ],
          },
        },
      ],
    },
  };
}

/** The same with Gateway API: attach it to a Gateway that terminates TLS. */
export function httpRoute(settings: ManifestSettings): IHTTPRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: metadata(settings, names.app),
    spec: {
      // A Gateway of the cluster, which an overlay or a value renames.
      parentRefs: [{ name: 'public' }],
      hostnames: [settings.host],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ name: names.app, port: settings.publicPort }],
        },
      ],
    },
  };
}

function tcp(port: number | string): INetworkPolicyPort {
  return { protocol: 'TCP', port };
}

function namespaces(values: readonly string[]): NonNullable<INetworkPolicyPeer['namespaceSelector']> {
  return { matchExpressions: [{ key: namespaceName, operator: 'In', values: values as string[] }] };
}

/** The cluster's DNS, and the link-local address at which a node's own DNS cache answers. */
function dns(): INetworkPolicyEgressRule {
  return {
    ports: [
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ],
    to: [{ namespaceSelector: namespaces(['kube-system']) }, { ipBlock: { cidr: '169.254.20.10/32' } }],
  };
}

function publicAddresses(): INetworkPolicyPeer[] {
  return [
    { ipBlock: { cidr: '0.0.0.0/0', except: [...privateRanges] } },
    { ipBlock: { cidr: '::/0', except: ['fc00::/7', 'fe80::/10'] } },
  ];
}
