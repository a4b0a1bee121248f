import type { Step } from '../api/execution.ts';
import { durationText, timeOf } from '../api/time.ts';
import { Status } from './status.tsx';
import { useNow } from './time.tsx';

/** Times are ISO texts. `linkTo` gives the address that shows a step. */
interface TimelineProps {
  readonly steps: readonly Step[];
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly selected: string | undefined;
  readonly linkTo: (step: string) => string;
}

/** Steps in the order of their start, each as a bar on the time of the execution. The order is that of the answer. */
export function Timeline({ steps, startedAt, finishedAt, selected, linkTo }: TimelineProps) {
  // A step that runs grows twice a second.
  const now = useNow(500);
  // Steps can begin before the reported start and end after the reported end: they are times of different writers.
  const times = steps.flatMap((step) => [timeOf(step.startedAt) ?? [], timeOf(step.finishedAt) ?? []].flat());
  const start = Math.min(timeOf(startedAt) ?? Number.POSITIVE_INFINITY, ...times);
  const end = Math.max(timeOf(finishedAt) ?? now, ...times);
  // Within the line, whatever the times are; the divisor is never zero, also for a run of no time.
  const share = (at: number) =>
    `${(Math.min(1, Math.max(0, (at - start) / Math.max(1, end - start))) * 100).toFixed(2)}%`;
  return (
    <ol class="timeline">
      {steps.map((step) => {
        const from = timeOf(step.startedAt);
        // A step without an end lasts to the end of the line: it still runs, or ended with the execution.
        const to = timeOf(step.finishedAt) ?? (from === undefined ? undefined : end);
        return (
          <li key={step.name} data-status={step.status}>
            <a href={linkTo(step.name)} aria-current={selected === step.name ? 'true' : undefined}>
              <span class="name">{step.name}</span>
              <span class="track" aria-hidden="true">
                {from !== undefined && to !== undefined && (
                  <span
                    class="bar"
                    style={{ left: share(from), width: `max(3px, calc(${share(to)} - ${share(from)}))` }}
                  />
                )}
              </span>
              <span class="took">{from === undefined || to === undefined ? '' : durationText(to - from)}</span>
              <Status status={step.status} />
            </a>
          </li>
        );
      })}
    </ol>
  );
}
