import { environmentKey } from './helm-values.ts';
import { type ManifestSettings, names } from './manifest-settings.ts';
import { header } from './render-yaml.ts';

/** Chart files that are template text by nature, kept to these three. */

/**
 * Named templates. `text` is a value as an environment variable holds it: nothing for null, lists with commas, and
 * numbers without the exponent that Helm's own `toString` gives large ones.
 */
export function namedTemplates(image: string): string {
  const repository = image.slice(0, image.lastIndexOf(':'));
  return lines([
    ...comment(),
    `{{- define "${names.app}.text" -}}`,
    '{{- if kindIs "slice" . }}{{ join "," . }}',
    '{{- else if kindIs "float64" . }}{{ toJson . }}',
    '{{- else if not (kindIs "invalid" .) }}{{ toString . }}{{ end -}}',
    '{{- end }}',
    `{{- define "${names.app}.image" -}}`,
    `{{ .Values.image.repository | default ${JSON.stringify(repository)} }}:{{ .Values.image.tag | default .Chart.AppVersion }}`,
    '{{- end }}',
  ]);
}

/**
 * What makes an installation fail before anything is applied: the bypass of the earlier gateway (ADR 0008), a port that
 * no listener has, sessions in memory on several pods.
 */
export function checksTemplate(settings: ManifestSettings): string {
  const bypass = `(include "${names.app}.text" .Values.env.authBypass | lower)`;
  const port = settings.portNames.public;
  return lines([
    ...comment(),
    `{{- if not (has ${bypass} (list "" "false" "0")) }}`,
    '{{- fail "env.authBypass: the gateway has no bypass; remove the key" }}',
    '{{- end }}',
    ...(port === undefined
      ? []
      : [
          `{{- if and .Values.service.targetPort (ne (int .Values.service.targetPort) (int .Values.env.${environmentKey(port)})) }}`,
          `{{- fail "service.targetPort must be env.${environmentKey(port)}, the port that the gateway listens on" }}`,
          '{{- end }}',
        ]),
    ...severalPodsCheck(settings),
  ]);
}

/** Sessions in memory are known to one pod: with several, a session that was ended on one is valid on the others. */
function severalPodsCheck({ hasMemorySessions, storeName }: ManifestSettings): readonly string[] {
  if (!hasMemorySessions) return [];
  const several = '(or .Values.autoscaling.enabled (gt (int .Values.replicaCount) 1))';
  const [condition, advice] =
    storeName === undefined
      ? [several, 'set sessions.store in gateway.config.ts']
      : [
          `and (not .Values.secrets.required) ${several}`,
          `put ${storeName} into the Secret secrets.name and set secrets.required=true`,
        ];
  return [
    `{{- if ${condition} }}`,
    `{{- fail "several pods need a session store that they share: ${advice}, or run one pod" }}`,
    '{{- end }}',
  ];
}

/** What an operator reads after an installation. */
export function notes(settings: ManifestSettings): string {
  return lines([
    ...comment(),
    'The gateway is {{ .Values.namespace }}/noetl-gateway, port {{ .Values.service.port }}. Try it from inside the cluster:',
    '  curl http://noetl-gateway.{{ .Values.namespace }}.svc.cluster.local/health',
    ...proxyNotes(settings),
    ...settings.required.flatMap(({ names: variables }) => [
      `{{- if not (or ${variables.map((name) => `.Values.env.${environmentKey(name)}`).join(' ')}) }}`,
      `WARNING: no pod starts before one of these is set: ${variables.map((name) => `env.${environmentKey(name)}`).join(', ')}.`,
      '{{- end }}',
    ]),
    ...memoryNote(settings),
  ]);
}

/** Without a shared store no pod starts until it is accepted that a restart forgets endings. */
function memoryNote({ acceptMemoryName: name, storeName }: ManifestSettings): readonly string[] {
  if (name === undefined || storeName === undefined) return [];
  const key = `env.${environmentKey(name)}`;
  return [
    `{{- if not (or .Values.secrets.required (eq (toString .Values.${key}) "true")) }}`,
    `WARNING: no pod starts without ${storeName} in the Secret {{ .Values.secrets.name }}, or ${key}=true: a restart then forgets which sessions were ended.`,
    '{{- end }}',
  ];
}

/** Behind a balancer every caller has its address unless the number of hops is right. */
function proxyNotes({ environment }: ManifestSettings): readonly string[] {
  const name = 'GATEWAY_TRUSTED_PROXIES';
  if (!Object.hasOwn(environment, name)) return [];
  const hops = `(int .Values.env.${environmentKey(name)})`;
  return [
    `{{- if and .Values.ingress.enabled .Values.ingress.managedCertificate.enabled (lt ${hops} 2) }}`,
    `WARNING: Google's balancer adds its own address behind the caller's: set env.${environmentKey(name)} to 2.`,
    `{{- else if and (or .Values.ingress.enabled .Values.gatewayApi.enabled) (lt ${hops} 1) }}`,
    `WARNING: rate limits and audit take the balancer for the caller: set env.${environmentKey(name)}, see docs/deploy.md.`,
    '{{- end }}',
  ];
}

function comment(): readonly string[] {
  return ['{{- /*', ...header, '*/ -}}'];
}

function lines(text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}
