import { integer, list, text } from './field.ts';
import { plainSection } from './node.ts';

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const isLabel = (name: string): boolean => label.test(name);
const namespace = 'is not a namespace (a-z, 0-9 and -, 63 characters at most)';

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
    accepts: (host) => host.split('.').every(isLabel),
    must: 'is not a host name',
  }),
});
