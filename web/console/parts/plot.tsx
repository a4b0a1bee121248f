import { useEffect, useRef, useState } from 'preact/hooks';
import type UPlot from 'uplot';

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
export function Plot({ title, times, lines, format }: PlotProps) {
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
