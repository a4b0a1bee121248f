import { readFileSync } from 'node:fs';
import { parse } from 'graphql';
import { createMetrics } from '../../gateway/observe/metrics.ts';
import { codeSpan, codeSpans, page, table } from '../../generator/emit/markdown.ts';

/**
 * Every metric of `/metrics`, as a process with the shipped config registers it.
 * @returns Markdown of docs/reference/metrics.md
 */
export async function metricsPage(): Promise<string> {
  // Without the metrics of the Node process, which the page has in one sentence.
  const metrics = createMetrics({ version: 'x', upstreamRoutes: [], fields: rootFields(), processMetrics: false });
  // What gauges read: here everything idles, and NoETL answers.
  metrics.watch({
    listeners: () => ({ public: { inFlight: 0, connections: 0 }, internal: { inFlight: 0, connections: 0 } }),
    calls: () => ({ auth: idle, probe: idle, read: idle, start: idle }),
    openBreakers: () => [],
    dependencies: () => [{ name: 'noetl', of: 'read', isUp: true }],
  });
  const rows = (await metrics.json()).map(({ name, help, type, values }) => [
    codeSpan(name),
    String(type),
    labelWords(values.map(({ labels }) => labels as Readonly<Record<string, string>>)),
    help,
  ]);
  return page('gateway/observe', [
    '# Metrics',
    '`GET /metrics` on the internal listener, in the format of Prometheus. Every series exists from the start with the value 0, and no label has a text from a caller. [Operating](../operate.md#metrics) describes how to read them, and the alerts and the dashboard that are generated.',
    table(
      ['Metric', 'Type', 'Labels', 'Meaning'],
      rows.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    ),
    'Besides these there are the metrics of the Node process: `process_*` and `nodejs_*`.',
  ]);
}

const idle = { running: 0, waiting: 0 };

/** The values of the label `field`: the root fields of the schema that `generate` wrote. */
function rootFields(): readonly string[] {
  const { definitions } = parse(readFileSync('client/schema.graphql', 'utf8'));
  return definitions.flatMap((definition) =>
    definition.kind === 'ObjectTypeDefinition' && /^(?:Query|Mutation|Subscription)$/.test(definition.name.value)
      ? (definition.fields ?? []).map(({ name }) => name.value)
      : [],
  );
}

/**
 * The labels; with their values where these are eight or fewer. `le` is of every histogram and says nothing; a version
 * is that of the process.
 */
function labelWords(seen: readonly Readonly<Record<string, string>>[]): string {
  const values = new Map<string, Set<string>>();
  for (const labels of seen) {
    for (const [name, value] of Object.entries(labels)) {
      if (name !== 'le') values.set(name, (values.get(name) ?? new Set()).add(String(value)));
    }
  }
  return [...values]
    .map(([name, all]) =>
      all.size <= 8 && name !== 'version' ? `${codeSpan(name)}: ${codeSpans([...all])}` : codeSpan(name),
    )
    .join('; ');
}
