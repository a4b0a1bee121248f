import { parser } from '@prometheus-io/lezer-promql';

/** One selector of an expression: a metric with its matchers, and the labels that are grouped by around it. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly op: string; readonly value: string }[];
}

export interface Expression {
  readonly selectors: readonly Selector[];
  /** Labels of `by (…)` and `on (…)`. */
  readonly grouped: readonly string[];
}

/** Reads PromQL. @throws where Prometheus' own grammar finds an error */
export function readExpression(text: string): Expression {
  const selectors: { metric: string; matchers: { label: string; op: string; value: string }[] }[] = [];
  const grouped: string[] = [];
  const tree = parser.parse(text);
  tree.iterate({
    enter({ type, name, from, to, node }) {
      const part = text.slice(from, to);
      if (type.isError) throw new Error(`${text}: error at ${from}, near ${text.slice(from, from + 20)}`);
      if (name === 'VectorSelector') {
        const metric = node.getChild('Identifier');
        selectors.push({ metric: metric === null ? '' : text.slice(metric.from, metric.to), matchers: [] });
      }
      if (name === 'UnquotedLabelMatcher') {
        const [, label = '', op = '', value = ''] = /^(\w+)\s*(=~|!~|!=|=)\s*"(.*)"$/.exec(part) ?? [];
        selectors.at(-1)?.matchers.push({ label, op, value });
      }
      if (name === 'GroupingLabels')
        grouped.push(
          ...part
            .slice(1, -1)
            .split(',')
            .map((label) => label.trim()),
        );
    },
  });
  return { selectors, grouped };
}

export interface Sample {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Series of a scrape in Prometheus' text format. */
export function samplesOf(scrape: string): readonly Sample[] {
  return scrape.split('\n').flatMap((line) => {
    const [, metric, , labels = '', value] = /^(\w+)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (metric === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value]);
    return [{ metric, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
  });
}

/** Samples that a selector chooses. */
export function chosen(samples: readonly Sample[], { metric, matchers }: Selector): readonly Sample[] {
  return samples.filter(
    (sample) =>
      sample.metric === metric &&
      matchers.every(({ label, op, value }) => {
        const held = sample.labels[label];
        if (held === undefined) return false;
        const isSame = op.endsWith('~') ? new RegExp(`^(?:${value})$`).test(held) : held === value;
        return op.startsWith('!') ? !isSame : isSame;
      }),
  );
}
