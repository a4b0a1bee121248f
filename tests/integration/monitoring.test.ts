import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { graphql } from '../support/dev-gateway.ts';
import { chosen, readExpression, type Sample, samplesOf } from '../support/promql.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook_url: string };
}
interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const rulesFile = parse(readFileSync('deploy/monitoring/noetl-gateway.rules.yaml', 'utf8'));
const rules: readonly Rule[] = rulesFile.groups.flatMap((group: { rules: Rule[] }) => group.rules);
const { panels } = JSON.parse(readFileSync('deploy/monitoring/grafana-dashboard.json', 'utf8')) as {
  panels: readonly Panel[];
};
const curves = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({
    title,
    expr: expr.replaceAll('$__rate_interval', '5m'),
    legendFormat,
  })),
);

/** Prometheus adds these when it scrapes. */
const ofPrometheus = new Set(['instance', 'job']);

let serve: ServeProcess;
let samples: readonly Sample[];
beforeAll(async () => {
  serve = await startServe();
  const token = await serve.login('developer@example.com');
  await graphql(serve.url, token, { query: '{ executions { id } }' });
  await fetch(`${serve.internalUrl}/ready`);
  samples = samplesOf(await (await fetch(`${serve.internalUrl}/metrics`)).text());
});
afterAll(() => serve.close());

/** What an expression names and the gateway does not have. */
function missing(expr: string, legend = ''): readonly string[] {
  const { selectors, grouped } = readExpression(expr);
  const empty = selectors.filter((selector) => chosen(samples, selector).length === 0).map(({ metric }) => metric);
  const labels = new Set(
    selectors.flatMap((selector) => chosen(samples, selector).flatMap((sample) => Object.keys(sample.labels))),
  );
  const named = [...grouped, ...[...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)];
  return [...empty, ...named.filter((label) => !labels.has(label) && !ofPrometheus.has(label))];
}

describe('alerts', () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s reads series that are there', (_name, { expr }) => {
    expect(missing(expr)).toEqual([]);
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s has a section in its runbook', (name, rule) => {
    const { origin, pathname, hash } = new URL(rule.annotations.runbook_url);
    expect(origin).toMatch(/^https:/);
    const [file = ''] = /docs\/.*$/.exec(pathname) ?? [];
    const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (\w+)$/gm)].map(([, heading]) => heading);
    expect(headings).toContain(name);
    expect(hash).toBe(`#${name.toLowerCase()}`);
  });

  it('those of the PrometheusRule and of the chart are the same', () => {
    const operator = parse(readFileSync('deploy/kubernetes/components/monitoring/prometheus-rule.yaml', 'utf8'));
    expect(operator.spec.groups).toEqual(rulesFile.groups);
    const chart = parse(readFileSync('deploy/helm/noetl-gateway/files/rules.yaml', 'utf8'));
    expect(chart.groups).toEqual(rulesFile.groups);
  });
});

describe('panels', () => {
  it.each(curves.map((curve) => [curve.title, curve] as const))('%s shows series that are there', (_title, curve) => {
    expect(missing(curve.expr, curve.legendFormat)).toEqual([]);
  });
});

it.each([
  ['noetl_gateway_nothing', ['noetl_gateway_nothing']],
  ['sum by (colour) (noetl_gateway_login_total)', ['colour']],
  ['noetl_gateway_login_total{outcome="sideways"}', ['noetl_gateway_login_total']],
])('what is missing is found: %s', (expr, want) => {
  expect(missing(expr)).toEqual(want);
});

it('what is no PromQL is refused', () => {
  expect(() => readExpression('sum(rate(x[5m])')).toThrow();
});

it('the runbook has no section for an alert that is gone', () => {
  const headings = [...readFileSync('docs/operate.md', 'utf8').matchAll(/^#+ (NoetlGateway\w+)$/gm)];
  expect(headings.map(([, name]) => name).sort()).toEqual(rules.map(({ alert }) => alert).sort());
});
