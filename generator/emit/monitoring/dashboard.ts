import { headerText } from '../header.ts';

/** One curve: PromQL, and how it is named. */
type Curve = readonly [expr: string, legend: string];

interface Panel {
  readonly title: string;
  /** Of Grafana: `s`, `reqps`, `bytes`, `percentunit`, `short`. */
  readonly unit: string;
  readonly curves: readonly Curve[];
}

/** A row of the dashboard: a heading, and panels below it, {@link columns} side by side. */
interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/**
 * A rate by labels, for the resolution that Grafana shows.
 * @param metric without the prefix
 * @param where a matcher in braces
 */
const rate = (metric: string, by: string, where = ''): string =>
  `sum by (${by}) (rate(noetl_gateway_${metric}${where}[$__rate_interval]))`;
/** The q-quantile of a histogram, 0 to 1. */
const quantile = (q: number, metric: string, by: string, where = ''): string =>
  `histogram_quantile(${q}, ${rate(`${metric}_bucket`, `le, ${by}`, where)})`;
const gauge = (metric: string, by: string): string => `sum by (${by}) (noetl_gateway_${metric})`;
/** Labels as Grafana's legend writes them; the braces are Grafana's own. */
const legend = (...labels: readonly string[]): string => labels.map((label) => `{{${label}}}`).join(' ');

/** From what callers notice to the process itself. A test reads each series from a running gateway. */
const rows: readonly Row[] = [
  {
    title: 'Requests',
    panels: [
      {
        title: 'Requests',
        unit: 'reqps',
        curves: [[rate('requests_total', 'route, status'), legend('route', 'status')]],
      },
      {
        title: 'Duration, 50th and 99th percentile',
        unit: 's',
        curves: [
          [quantile(0.5, 'request_duration_seconds', 'route'), `p50 ${legend('route')}`],
          [quantile(0.99, 'request_duration_seconds', 'route'), `p99 ${legend('route')}`],
        ],
      },
      {
        title: 'Error answers by code',
        unit: 'reqps',
        curves: [[rate('error_answers_total', 'code'), legend('code')]],
      },
      {
        title: 'In flight, connections',
        unit: 'short',
        curves: [
          [gauge('requests_in_flight', 'listener'), `requests ${legend('listener')}`],
          [gauge('connections', 'listener'), `connections ${legend('listener')}`],
        ],
      },
    ],
  },
  {
    title: 'GraphQL',
    panels: [
      { title: 'Fields', unit: 'reqps', curves: [[rate('field_duration_seconds_count', 'field'), legend('field')]] },
      {
        title: 'Fields, 99th percentile',
        unit: 's',
        curves: [[quantile(0.99, 'field_duration_seconds', 'field'), legend('field')]],
      },
      {
        title: 'Errors by field and code',
        unit: 'reqps',
        curves: [[rate('graphql_errors_total', 'field, code'), legend('field', 'code')]],
      },
      { title: 'Access decisions', unit: 'reqps', curves: [[rate('authz_total', 'outcome'), legend('outcome')]] },
    ],
  },
  {
    title: 'NoETL',
    panels: [
      {
        title: 'Calls',
        unit: 'reqps',
        curves: [[rate('upstream_requests_total', 'route, status'), legend('route', 'status')]],
      },
      {
        title: 'Calls, 99th percentile',
        unit: 's',
        curves: [[quantile(0.99, 'upstream_request_duration_seconds', 'route'), legend('route')]],
      },
      {
        title: 'In flight and waiting',
        unit: 'short',
        curves: [
          [gauge('upstream_in_flight', 'class'), `in flight ${legend('class')}`],
          [gauge('upstream_waiting', 'class'), `waiting ${legend('class')}`],
        ],
      },
      {
        title: 'Refused calls, open breakers',
        unit: 'short',
        curves: [
          [rate('upstream_shed_total', 'class, reason'), `refused ${legend('class', 'reason')}`],
          [gauge('breakers_open', 'class'), `open ${legend('class')}`],
        ],
      },
      {
        title: 'Dependencies: 1 answers',
        unit: 'short',
        curves: [
          ['min by (name, of) (noetl_gateway_dependency_up)', legend('name', 'of')],
          ['min by (check) (noetl_gateway_ready_check)', `ready ${legend('check')}`],
        ],
      },
      { title: 'Document drift', unit: 'short', curves: [['max(noetl_gateway_document_drift)', 'drift']] },
    ],
  },
  {
    title: 'Logins and sessions',
    panels: [
      { title: 'Logins', unit: 'reqps', curves: [[rate('login_total', 'outcome'), legend('outcome')]] },
      { title: 'Session checks', unit: 'reqps', curves: [[rate('session_check_total', 'outcome'), legend('outcome')]] },
      {
        title: 'Where sessions are found',
        unit: 'reqps',
        curves: [[rate('session_hit_total', 'layer'), legend('layer')]],
      },
      { title: 'Auth playbooks', unit: 'reqps', curves: [[rate('auth_playbook_total', 'outcome'), legend('outcome')]] },
      {
        title: 'Session store, 99th percentile',
        unit: 's',
        curves: [[quantile(0.99, 'store_duration_seconds', 'operation'), legend('operation')]],
      },
      {
        title: 'Session store, errors',
        unit: 'reqps',
        curves: [[rate('store_errors_total', 'operation'), legend('operation')]],
      },
      {
        title: 'Refused by a rate limit',
        unit: 'reqps',
        curves: [[rate('rate_limited_total', 'route'), legend('route')]],
      },
    ],
  },
  {
    title: 'Process',
    panels: [
      {
        title: 'Memory',
        unit: 'bytes',
        curves: [['process_resident_memory_bytes and on (instance) noetl_gateway_build_info', legend('instance')]],
      },
      {
        title: 'Processor',
        unit: 'percentunit',
        curves: [
          [
            'rate(process_cpu_seconds_total[$__rate_interval]) and on (instance) noetl_gateway_build_info',
            legend('instance'),
          ],
        ],
      },
      {
        title: 'Event loop lag, 99th percentile',
        unit: 's',
        curves: [['nodejs_eventloop_lag_p99_seconds and on (instance) noetl_gateway_build_info', legend('instance')]],
      },
      { title: 'Lost lines', unit: 'short', curves: [[rate('lines_dropped_total', 'from'), legend('from')]] },
    ],
  },
];

const columns = 3;
// Grafana's grid is 24 wide.
const width = 24 / columns;
const height = 8;

/**
 * Grafana's model of the dashboard; import it as it is, and choose the data source. The uid is fixed, so that an import
 * takes the place of the one before.
 */
export function dashboard(): object {
  let y = 0;
  let id = 0;
  const panels = rows.flatMap(({ title, panels: inRow }) => {
    const top = y;
    // The heading takes one line, then as many as the panels need.
    y += 1 + Math.ceil(inRow.length / columns) * height;
    id += 1;
    const heading = { id, type: 'row', title, collapsed: false, gridPos: { h: 1, w: 24, x: 0, y: top }, panels: [] };
    return [
      heading,
      ...inRow.map((panel, index) => {
        id += 1;
        const place = { x: (index % columns) * width, y: top + 1 + Math.floor(index / columns) * height };
        return panelModel(panel, id, { h: height, w: width, ...place });
      }),
    ];
  });
  return {
    description: headerText,
    title: 'NoETL Gateway',
    uid: 'noetl-gateway',
    tags: ['noetl'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }],
    },
    panels,
  };
}

/** A variable of the dashboard; not written as one literal, which a linter would take for a template. */
const datasource = { type: 'prometheus', uid: '$' + '{datasource}' };

function panelModel({ title, unit, curves }: Panel, id: number, gridPos: object): object {
  return {
    id,
    type: 'timeseries',
    title,
    gridPos,
    datasource,
    fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 5, showPoints: 'never' } }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: curves.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat,
    })),
  };
}
