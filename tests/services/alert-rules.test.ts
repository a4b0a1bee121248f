import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { graphql } from '../support/dev-gateway.ts';
import { readExpression, type Sample, samplesOf } from '../support/promql.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';

/** Prometheus' own promtool evaluates each alert: on what a running gateway reports, and on the same with one thing wrong. */
const rulesFile = resolve('deploy/monitoring/noetl-gateway.rules.yaml');
const isInstalled = spawnSync('promtool', ['--version']).status === 0;
if (!isInstalled && process.env['CI'] !== undefined) throw new Error('promtool is missing: apt-get install prometheus');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
const rules: readonly Rule[] = parse(readFileSync(rulesFile, 'utf8')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
);
const metricsOf = (expr: string) => new Set(readExpression(expr).selectors.map(({ metric }) => metric));
const used = new Set(rules.flatMap(({ expr }) => [...metricsOf(expr)]));

/** What is different in the series that have these labels: a step for each minute, or a value. */
interface Change {
  readonly metric: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly becomes: { readonly step: number } | { readonly value: number } | 'absent';
}
interface Sick {
  readonly alert: string;
  readonly changes: readonly Change[];
  /** Labels of the alert beside its severity. */
  readonly labels?: Readonly<Record<string, string>>;
}

const name = (short: string) => `noetl_gateway_${short}`;
const grows = (metric: string, step: number, labels: Readonly<Record<string, string>> = {}): Change => ({
  metric: name(metric),
  labels,
  becomes: { step },
});
const is = (metric: string, value: number, labels: Readonly<Record<string, string>> = {}): Change => ({
  metric: name(metric),
  labels,
  becomes: { value },
});

const sick: readonly Sick[] = [
  { alert: 'NoetlGatewayDown', changes: [{ metric: name('build_info'), becomes: 'absent' }] },
  {
    alert: 'NoetlGatewayNotReady',
    changes: [is('ready_check', 0, { check: 'upstream' })],
    labels: { check: 'upstream' },
  },
  {
    alert: 'NoetlGatewayErrors',
    changes: [
      grows('requests_total', 94, { route: '/graphql', status: '2xx' }),
      grows('requests_total', 6, { route: '/graphql', status: '5xx' }),
    ],
  },
  { alert: 'NoetlGatewayInternalErrors', changes: [grows('graphql_errors_total', 1, { code: 'ERR_INTERNAL' })] },
  {
    alert: 'NoetlGatewaySlow',
    changes: [grows('request_duration_seconds_bucket', 60, { route: '/graphql', le: '+Inf' })],
  },
  {
    alert: 'NoetlGatewayDependencyDown',
    changes: [is('dependency_up', 0, { name: 'noetl', of: 'read' })],
    labels: { name: 'noetl', of: 'read' },
  },
  {
    alert: 'NoetlGatewayUpstreamErrors',
    changes: [grows('upstream_requests_total', 10, { status: 'timeout', route: '/api/execute' })],
    labels: { route: '/api/execute' },
  },
  { alert: 'NoetlGatewayBreakerOpen', changes: [is('breakers_open', 1, { class: 'read' })], labels: { class: 'read' } },
  { alert: 'NoetlGatewayLoginsUnavailable', changes: [grows('login_total', 1, { outcome: 'unavailable' })] },
  { alert: 'NoetlGatewayCallbacksMissing', changes: [grows('auth_playbook_total', 1, { outcome: 'silent' })] },
  { alert: 'NoetlGatewayStoreErrors', changes: [grows('store_errors_total', 1)] },
  { alert: 'NoetlGatewayStoreSlow', changes: [grows('store_duration_seconds_bucket', 60, { le: '+Inf' })] },
  {
    alert: 'NoetlGatewayShedding',
    changes: [grows('upstream_shed_total', 10, { class: 'read', reason: 'user' })],
    labels: { class: 'read', reason: 'user' },
  },
  { alert: 'NoetlGatewayOverloaded', changes: [grows('error_answers_total', 90, { code: 'ERR_OVERLOADED' })] },
  { alert: 'NoetlGatewayGuessing', changes: [grows('rate_limited_total', 90, { route: 'guess' })] },
  { alert: 'NoetlGatewayCallbacksForged', changes: [grows('callback_refused_total', 1, { reason: 'secret' })] },
  { alert: 'NoetlGatewayAuditLost', changes: [grows('lines_dropped_total', 1, { from: 'audit' })] },
  { alert: 'NoetlGatewayPolicyRefused', changes: [grows('policy_file_total', 1, { outcome: 'refused' })] },
  { alert: 'NoetlGatewayShadowMode', changes: [grows('identity_token_total', 1, { mode: 'shadow' })] },
  { alert: 'NoetlGatewayDocumentDrift', changes: [is('document_drift', 1)] },
  {
    alert: 'NoetlGatewayMemory',
    changes: [{ metric: 'process_resident_memory_bytes', becomes: { value: 500_000_000 } }],
    labels: { instance: 'one', job: 'noetl-gateway' },
  },
  {
    alert: 'NoetlGatewayEventLoop',
    changes: [{ metric: 'nodejs_eventloop_lag_p99_seconds', becomes: { value: 0.5 } }],
    labels: { instance: 'one', job: 'noetl-gateway' },
  },
];

/** A gateway with traffic and no trouble. */
const busy: readonly Change[] = [
  grows('requests_total', 6_000, { status: '2xx' }),
  grows('requests_total', 60, { status: '4xx' }),
  grows('upstream_requests_total', 3_000, { status: '2xx' }),
  grows('login_total', 5, { outcome: 'succeeded' }),
  grows('login_total', 2, { outcome: 'rejected' }),
  ...['0.5', '1', '2.5', '5', '10', '30', '+Inf'].map((le) => grows('request_duration_seconds_bucket', 6_000, { le })),
];

/** What depends on how busy this machine is. */
const ofMachine: Readonly<Record<string, number>> = {
  process_resident_memory_bytes: 200_000_000,
  nodejs_eventloop_lag_p99_seconds: 0.01,
};

const sickFromMinute = 60;
const endMinute = 200;
let serve: ServeProcess;
let samples: readonly Sample[];
const folder = mkdtempSync(join(tmpdir(), 'gateway-rules-'));

beforeAll(async () => {
  if (!isInstalled) return;
  serve = await startServe();
  const token = await serve.login('developer@example.com');
  await graphql(serve.url, token, { query: '{ executions { id } }' });
  await fetch(`${serve.internalUrl}/ready`);
  const text = await (await fetch(`${serve.internalUrl}/metrics`)).text();
  samples = samplesOf(text)
    .filter(({ metric }) => used.has(metric))
    .map((sample) => ({ ...sample, value: ofMachine[sample.metric] ?? sample.value }));
}, 120_000);
afterAll(async () => {
  await serve?.close();
  rmSync(folder, { recursive: true });
});

const fits = (sample: Sample, { metric, labels = {} }: Change) =>
  sample.metric === metric && Object.entries(labels).every(([label, value]) => sample.labels[label] === value);

/** A series for promtool: flat, and changed from some minute on. */
function seriesOf(sample: Sample, change: Change | undefined) {
  const labels = Object.entries({ ...sample.labels, instance: 'one', job: 'noetl-gateway' });
  const series = `${sample.metric}{${labels.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
  const before = `${sample.value}+0x${sickFromMinute - 1}`;
  const rest = endMinute - sickFromMinute;
  if (change === undefined) return { series, values: `${sample.value}+0x${endMinute}` };
  if (change.becomes === 'absent') return { series, values: before };
  const { becomes } = change;
  const after = 'step' in becomes ? `${sample.value}+${becomes.step}x${rest}` : `${becomes.value}+0x${rest}`;
  return { series, values: `${before} ${after}` };
}

interface Expected {
  readonly eval_time: string;
  readonly alertname: string;
  readonly exp_alerts: readonly object[];
}

/** @returns what promtool complains about; an empty text when all is as expected. */
function promtool(changes: readonly Change[], expected: readonly Expected[], read = used): Promise<string> {
  for (const change of changes) {
    if (!samples.some((sample) => fits(sample, change))) throw new Error(`no series: ${JSON.stringify(change)}`);
  }
  const chosen = samples.filter(({ metric }) => read.has(metric));
  const input = chosen.map((sample) =>
    seriesOf(
      sample,
      changes.find((change) => fits(sample, change)),
    ),
  );
  const file = join(folder, `test-${expected[0]?.alertname}-${changes.length}.yaml`);
  const test = { interval: '1m', input_series: input, alert_rule_test: expected };
  writeFileSync(file, stringify({ rule_files: [rulesFile], evaluation_interval: '1m', tests: [test] }));
  return new Promise((done) => {
    execFile('promtool', ['test', 'rules', file], (error, out, err) => done(error === null ? '' : `${out}${err}`));
  });
}

const silent = (alerts: readonly string[], at: string): readonly Expected[] =>
  alerts.map((alertname) => ({ eval_time: at, alertname, exp_alerts: [] }));

describe.skipIf(!isInstalled)('alerts, evaluated by Prometheus', () => {
  const all = rules.map(({ alert }) => alert);

  it('each of them has a case here', () => {
    expect(sick.map(({ alert }) => alert)).toEqual(all);
  });

  it('none fires on a gateway that works, idle or busy', async () => {
    expect(await promtool([], silent(all, `${endMinute}m`))).toBe('');
    expect(await promtool(busy, silent(all, `${endMinute}m`))).toBe('');
  });

  it.each(sick.map((one) => [one.alert, one] as const))(
    '%s fires when it has to, and not before',
    async (alert, one) => {
      const rule = rules.find((found) => found.alert === alert);
      const expected = {
        eval_time: `${endMinute}m`,
        alertname: alert,
        exp_alerts: [{ exp_labels: { ...rule?.labels, ...one.labels }, exp_annotations: rule?.annotations }],
      };
      const read = metricsOf(rule?.expr ?? '');
      expect(await promtool(one.changes, [...silent([alert], `${sickFromMinute - 1}m`), expected], read)).toBe('');
    },
  );
});
