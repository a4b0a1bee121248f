/**
 * Go template text is not YAML, so a chart cannot be rendered from typed resources alone. These marks are in the typed
 * resources where the chart has an expression; after rendering, each becomes its expression. They are plain YAML
 * scalars, every value leaves through `toJson` (JSON is YAML), and so no value of an installation can change the
 * structure.
 */
const always = /HELM1_([0-9a-f]+)_/g;
const sometimes = /^( *)([^\n:]+): HELM2_([0-9a-f]+)_([0-9a-f]+)_$/gm;

/** The value of a template expression, for example `.Values.replicaCount`, where a resource wants a `T`. */
export function chartValue<T>(expression: string): T {
  return `HELM1_${encode(expression)}_` as T;
}

/** The same for a member of a resource that is left out unless the condition holds. */
export function chartValueIf<T>(condition: string, expression: string): T {
  return `HELM2_${encode(condition)}_${encode(expression)}_` as T;
}

/** A member of a ConfigMap: the value's text, left out when it is empty. */
export function quotedMember(path: string): string {
  const text = `include "noetl-gateway.text" ${path}`;
  return chartValueIf(text, text);
}

/** Rendered YAML with each mark replaced by its expression. */
export function withExpressions(yaml: string): string {
  return yaml
    .replace(
      sometimes,
      (_, indent: string, key: string, condition: string, expression: string) =>
        `${indent}{{- if ${decode(condition)} }}\n${indent}${key}: {{ toJson (${decode(expression)}) }}\n${indent}{{- end }}`,
    )
    .replace(always, (_, expression: string) => `{{ toJson (${decode(expression)}) }}`);
}

/** A whole template that renders only when the condition holds. */
export function whenever(condition: string, template: string): string {
  return `{{- if ${condition} }}\n${template}{{- end }}\n`;
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex');
}

function decode(text: string): string {
  return Buffer.from(text, 'hex').toString('utf8');
}
