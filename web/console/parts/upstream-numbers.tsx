import { useEffect, useRef, useState } from 'preact/hooks';
import type UPlot from 'uplot';
import type { GatewayHealth, RecentField, ReplicaReport } from '../../../gateway/console/console-answers.ts';
import { addressOf } from '../api/health.ts';
import { durationText, sizeText } from '../api/time.ts';
import { type Column, Table } from './table.tsx';
import { Ago } from './time.tsx';

/** Lines with one value for each time; null is a gap. `color` is a variable of the style sheet, for example `--bad`. */
interface PlotProps {
  readonly title: string;
  /** Seconds since 1970, one for each value. */
  readonly times: readonly number[];
  readonly lines: readonly {
    readonly name: string;
    readonly color: string;
    readonly values: readonly (number | null)[];
  }[];
  readonly format: (value: number) => string;
}

/**
 * Lines over time, drawn by uPlot, which is loaded by the view that needs it. Plots of a page share the time that the
 * mouse points at. A canvas has no text, so the numbers are in its label, too.
 */
function Plot({ title, times, lines, format }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const scheme = useScheme();
  const data: UPlot.AlignedData = [[...times], ...lines.map(({ values }) => [...values])];
  // The library is loaded after the first drawing. It must then begin with the numbers of that moment.
  const latest = useRef(data);
  latest.current = data;
  const shape = `${scheme} ${lines.map(({ name }) => name).join()}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot is made anew for other lines or colours only.
  useEffect(() => {
    // The library can arrive when the view has been left.
    let isGone = false;
    let observer: ResizeObserver | undefined;
    const draw = async () => {
      const { default: Library } = await import('uplot');
      const node = place.current;
      if (isGone || node === null) return;
      const made = new Library(optionsOf(node, lines, format), latest.current, node);
      plot.current = made;
      observer = new ResizeObserver(() => made.setSize({ width: node.clientWidth, height: plotHeight }));
      observer.observe(node);
    };
    void draw();
    return () => {
      isGone = true;
      observer?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  // After each drawing, since the numbers are new each time.
  useEffect(() => plot.current?.setData(data));
  return (
    <figure class="plot">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={`${title}: ${lines.map((line) => wordsOf(line, format)).join('; ')}`} />
    </figure>
  );
}

const plotHeight = 130;

const wordsOf = ({ name, values }: PlotProps['lines'][number], format: PlotProps['format']): string =>
  `${name}, by minute ${values.map((value) => (value === null ? 'none' : format(value))).join(', ')}`;

function optionsOf(node: HTMLElement, lines: PlotProps['lines'], format: PlotProps['format']): UPlot.Options {
  const style = getComputedStyle(node);
  const colorOf = (name: string) => resolved(node, name);
  const [text, line] = [colorOf('--quiet'), colorOf('--line')];
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: text, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width: node.clientWidth,
    height: plotHeight,
    // One key for all plots: they share the position of the mouse. Without drag there is no zoom that a reader could
    // get lost in.
    cursor: { sync: { key: 'health' }, points: { size: 6 }, drag: { x: false, y: false } },
    legend: { live: true },
    // From zero, so that heights compare; without a call the scale still has a height.
    scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...axis, size: 26, values: (_plot, ticks) => ticks.map(minuteText) },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map(format) },
    ],
    series: [
      { label: 'at', value: (_plot, value) => (value === null ? '–' : minuteText(value)) },
      ...lines.map(({ name, color }) => ({
        label: name,
        stroke: colorOf(color),
        width: 2,
        points: { show: true, size: 4 },
        value: (_plot: UPlot, value: number | null) => (value === null ? '–' : format(value)),
      })),
    ],
  };
}

const minuteText = (seconds: number): string =>
  new Date(seconds * 1_000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });

/**
 * A colour of the style as a canvas takes it: of `light-dark()` the one that counts. A canvas knows no variables, so an
 * element is coloured with it and asked.
 */
function resolved(node: HTMLElement, name: string): string {
  const probe = node.appendChild(document.createElement('span'));
  probe.style.color = `var(${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** The scheme of the system. A canvas does not follow the style sheet, so a plot is drawn again when it changes. */
function useScheme(): string {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const onChange = () => setDark(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, []);
  return isDark ? 'dark' : 'light';
}

interface OperationNumbersProps {
  readonly health: GatewayHealth;
  /** Of the address: one operation to plot; all of them without it. */
  readonly chosen: string | undefined;
}

/** Rates, errors and times of the last minutes, of all operations or of one. */
export function OperationNumbers({ health: { recent, at }, chosen }: OperationNumbersProps) {
  const { fields, total, minutes } = recent;
  // An operation of an old link may be gone; then all are shown.
  const one = fields.find(({ field }) => field === chosen);
  const { perMinute } = one ?? total;
  // By the gateway's clock, since the counts are: a browser's clock may be minutes off. In seconds, as the plot takes
  // them.
  const last = Math.floor(at / 60_000) * 60;
  const times = perMinute.calls.map((_, index, all) => last - (all.length - 1 - index) * 60);
  return (
    <section>
      <h2>
        {one === undefined ? 'All operations' : <code>{one.field}</code>} in the last {minutes} minutes
      </h2>
      {one !== undefined && (
        <p class="below">
          <a href={addressOf('health')}>Show all operations</a>
        </p>
      )}
      <div class="plots">
        <Plot
          title="Calls and errors a minute"
          times={times}
          format={String}
          lines={[
            { name: 'calls', color: '--busy', values: perMinute.calls },
            { name: 'errors', color: '--bad', values: perMinute.errors },
          ]}
        />
        <Plot
          title="Answered within"
          times={times}
          format={(seconds) => durationText(seconds * 1_000)}
          lines={[
            { name: 'half', color: '--busy', values: perMinute.p50 },
            { name: '99 %', color: '--warn', values: perMinute.p99 },
          ]}
        />
      </div>
      {fields.length === 0 ? (
        <p class="quiet">No operation ran.</p>
      ) : (
        <Table label="Operations" class="operations" columns={columns} rows={fields} keyOf={({ field }) => field} />
      )}
    </section>
  );
}

/** Times are bounds of buckets, so `Half within 10 ms` is a statement that holds. */
const columns: readonly Column<RecentField>[] = [
  {
    title: 'Operation',
    isName: true,
    cell: ({ field }) => (
      <a href={addressOf('health', { field })}>
        <code>{field}</code>
      </a>
    ),
  },
  { title: 'Calls', isNumber: true, cell: ({ calls }) => calls },
  {
    title: 'Errors',
    isNumber: true,
    cell: ({ errors }) => (errors === 0 ? errors : <span class="mark no">{errors}</span>),
  },
  { title: 'Half within', isNumber: true, cell: ({ p50, calls }) => boundText(p50, calls) },
  { title: '99 % within', isNumber: true, cell: ({ p99, calls }) => boundText(p99, calls) },
];

/** Seconds of the upper bound. Without one the call took longer than the largest bucket of `durationBuckets`, 30 s. */
const boundText = (seconds: number | null, calls: number): string =>
  seconds === null ? (calls === 0 ? '' : 'over 30 s') : durationText(seconds * 1_000);

/** Every replica that shares the store, side by side. Each row is that replica's own report, up to ten seconds old. */
export function ReplicaTable({ health: { replicas, process, sessions } }: { readonly health: GatewayHealth }) {
  return (
    <section>
      <h2>Replicas</h2>
      {replicas === undefined ? (
        <p class="notice">The store that replicas share does not answer, so only this replica is known.</p>
      ) : (
        <Table
          label="Replicas"
          columns={columnsOf(process.replica)}
          rows={replicas}
          // Two processes of one host can report the same name.
          keyOf={({ replica, at }) => `${replica} ${at}`}
        />
      )}
      <p class="quiet below">
        {sessions === 'memory'
          ? 'Sessions are in memory, so this replica is the only one.'
          : `Replicas know of each other by the session store (${sessions}).`}{' '}
        Node {process.node}.
      </p>
    </section>
  );
}

/** @param own name of the replica that answers */
const columnsOf = (own: string): readonly Column<ReplicaReport>[] => [
  {
    title: 'Replica',
    isName: true,
    cell: ({ replica }) => (
      <>
        <code>{replica}</code> {replica === own && <span class="quiet">answers here</span>}
      </>
    ),
  },
  {
    title: 'State',
    cell: ({ ready, failing }) => (
      <>
        <span class={`mark ${ready ? 'yes' : 'no'}`}>{ready ? 'ready' : 'not ready'}</span>{' '}
        {failing.length > 0 && <span class="cause">{failing.join(', ')}</span>}
      </>
    ),
  },
  { title: 'Version', cell: ({ version }) => version },
  { title: 'Up for', isNumber: true, cell: ({ uptimeSecs }) => durationText(uptimeSecs * 1_000) },
  { title: 'Memory', isNumber: true, cell: ({ rss, memoryLimit }) => memoryText(rss, memoryLimit) },
  { title: 'Calls', isNumber: true, cell: ({ calls }) => calls },
  { title: 'Errors', isNumber: true, cell: ({ errors }) => errors },
  { title: '99 % within', isNumber: true, cell: ({ p99 }) => (p99 === null ? '' : durationText(p99 * 1_000)) },
  { title: 'Reported', isNumber: true, cell: ({ at }) => <Ago time={new Date(at).toISOString()} /> },
];

/** Bytes. Without a limit of the container there is nothing to compare with. */
const memoryText = (rss: number, limit: number | undefined): string =>
  limit === undefined ? sizeText(rss) : `${sizeText(rss)} of ${sizeText(limit)}`;
