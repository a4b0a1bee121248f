import { GatewayError } from '../../../core/errors.ts';

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** The settings that Kubernetes has rules for. */
interface CheckedSettings {
  readonly namespace: string;
  readonly noetl: { readonly namespace: string };
  readonly trustedNamespaces: readonly string[];
  readonly host: string;
  readonly image: string;
  readonly replicas: number;
  readonly publicPort: number;
  readonly internalPort: number;
}

/**
 * Refuses settings that Kubernetes would refuse later, when it is harder to see why.
 * @throws ERR_CONFIG_INVALID with one line per problem.
 */
export function manifestProblems(settings: CheckedSettings): void {
  const problems = [
    ...namespaces(settings).flatMap(([field, name]) =>
      label.test(name) ? [] : [`${field}: ${JSON.stringify(name)} is not a namespace (a-z, 0-9 and -, 63 at most)`],
    ),
    ...(settings.host.split('.').every((part) => label.test(part))
      ? []
      : [`deploy.host: ${JSON.stringify(settings.host)} is not a host name`]),
    ...(Number.isInteger(settings.replicas) && settings.replicas >= 1
      ? []
      : ['deploy.replicas: must be a whole number, 1 or more']),
    ...(/^[\w.:/@-]+$/.test(settings.image) ? [] : ['deploy.image: is not the name of an image']),
    ...(settings.publicPort === settings.internalPort
      ? ['listen.internalPort: must differ from listen.port, or callbacks and metrics are public']
      : []),
  ];
  if (problems.length > 0)
    throw new GatewayError('ERR_CONFIG_INVALID', 'the manifests cannot be written', { problems });
}

function namespaces(settings: CheckedSettings): readonly (readonly [string, string])[] {
  return [
    ['deploy.namespace', settings.namespace],
    ['deploy.noetlNamespace', settings.noetl.namespace],
    ...settings.trustedNamespaces.map((name) => ['deploy.trustedNamespaces', name] as const),
  ];
}
