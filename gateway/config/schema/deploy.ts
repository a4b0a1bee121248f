import { integer, list, text } from './field.ts';
import { named, plainSection } from './node.ts';

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const isLabel = (name: string): boolean => label.test(name);
const isHost = (name: string): boolean => name.split('.').every(isLabel);
const namespace = 'is not a namespace (a-z, 0-9 and -, 63 characters at most)';
const resourceName = 'is not the name of a resource of Kubernetes (a-z, 0-9, - and .)';

/** The Ingress of the component `ingress` and of the chart. */
const ingress = plainSection({
  className: text({
    optional: true,
    doc: 'class of the Ingress; without it the cluster’s default counts',
    accepts: isHost,
    must: resourceName,
  }),
  annotations: named(text({ optional: true, doc: 'an annotation of the Ingress, under its name' })),
  tlsSecret: text({
    default: 'noetl-gateway-tls',
    doc: 'Secret with the certificate of `deploy.host`',
    accepts: isHost,
    must: resourceName,
  }),
});

const cpu = {
  accepts: (amount: string) => /^(?:\d+m|\d+(?:\.\d{1,3})?)$/.test(amount),
  must: 'must be cores, for example 250m or 2',
};

/** Requests and limits of a pod. */
const resources = plainSection({
  cpu: text({ default: '250m', doc: 'processor that a pod asks for', ...cpu }),
  cpuLimit: text({ default: '2', doc: 'processor that a pod may use', ...cpu }),
  memoryMib: integer({ default: 256, min: 64, max: 1_048_576, doc: 'memory that a pod asks for, MiB' }),
  memoryLimitMib: integer({
    default: 512,
    min: 128,
    max: 1_048_576,
    doc: 'memory that a pod may use, MiB; the heap and the alert on memory follow',
  }),
});

/** Where the gateway runs and where NoETL does. Kubernetes would refuse wrong values later, when it is harder to see why. */
export const deploy = plainSection({
  namespace: text({ default: 'gateway', doc: 'namespace of the gateway', accepts: isLabel, must: namespace }),
  image: text({
    default: 'noetl-gateway',
    doc: 'image; without a tag the version of the project is used',
    accepts: (name) => /^[\w.:/@-]+$/.test(name),
    must: 'is not the name of an image',
  }),
  replicas: integer({
    optional: true,
    min: 1,
    max: 1_000,
    doc: 'pods; 1 with sessions in memory, else 2. More than 1 needs a shared `sessions.store`',
  }),
  noetlNamespace: text({
    optional: true,
    doc: 'namespace of NoETL; by default the one that `upstream.baseUrl` names, else `noetl`',
    accepts: isLabel,
    must: namespace,
  }),
  trustedNamespaces: list({
    default: [],
    doc: 'namespaces that may reach NoETL directly, beside the gateway’s',
    item: (name) => (isLabel(name) ? name : undefined),
    must: namespace,
  }),
  host: text({
    optional: true,
    doc: 'public host name',
    accepts: isHost,
    must: 'is not a host name',
  }),
  ingress,
  resources,
  issuerNamespaces: list({
    default: [],
    doc: 'namespaces of identity providers in this cluster, which the gateway then may reach',
    item: (name) => (isLabel(name) ? name : undefined),
    must: namespace,
  }),
});
