import type {
  INetworkPolicy,
  INetworkPolicyEgressRule,
  INetworkPolicyPeer,
  INetworkPolicyPort,
} from 'kubernetes-models/networking.k8s.io/v1';
import { type ManifestSettings, names } from './manifest-settings.ts';
import { metadata, podLabels } from './workload.ts';

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
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(settings, names.app),
    spec: {
      podSelector: { matchLabels: { ...podLabels } },
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
    },
  };
}

/**
 * Ports of pods behind a Service of an identity provider: a policy is about those, and an issuer's address names the
 * Service's.
 */
const issuerPodPorts = [8080, 8443];

/** Lets the pods reach identity providers of this cluster. */
export function issuerPolicy(settings: ManifestSettings): INetworkPolicy {
  const ports = [...new Set([...settings.issuerPorts, ...issuerPodPorts])].sort((a, b) => a - b);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(settings, 'noetl-gateway-issuers'),
    spec: {
      podSelector: { matchLabels: { ...podLabels } },
      policyTypes: ['Egress'],
      egress: [{ ports: ports.map(tcp), to: [{ namespaceSelector: namespaces(settings.issuerNamespaces) }] }],
    },
  };
}

/** Lets the pods reach the shared session store. */
export function storePolicy(settings: ManifestSettings): INetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(settings, 'noetl-gateway-session-store'),
    spec: {
      podSelector: { matchLabels: { ...podLabels } },
      policyTypes: ['Egress'],
      egress: [
        { ports: settings.store.ports.map(tcp), to: [{ namespaceSelector: namespaces(settings.store.namespaces) }] },
      ],
    },
  };
}

/** Lets one more namespace reach the internal listener, to scrape metrics. */
export function monitoringPolicy(settings: ManifestSettings, monitoringNamespace: string): INetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(settings, 'noetl-gateway-monitoring'),
    spec: {
      podSelector: { matchLabels: { ...podLabels } },
      policyTypes: ['Ingress'],
      ingress: [{ ports: [tcp('internal')], from: [{ namespaceSelector: namespaces([monitoringNamespace]) }] }],
    },
  };
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
