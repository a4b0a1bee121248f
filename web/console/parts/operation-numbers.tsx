import type { GatewayHealth, RecentField } from '../../../gateway/console/gateway-health.ts';
import { addressOf } from '../api/address.ts';
import { durationText } from '../api/time.ts';
import { Plot } from './plot.tsx';
import { type Column, Table } from './table.tsx';

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
