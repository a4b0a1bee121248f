import { useEffect, useState } from 'preact/hooks';
import { agoText, durationText, timeOf } from '../api/time.ts';

/** Milliseconds since 1970, read again after each `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/**
 * How long ago; the exact time where the mouse rests. Nothing for a text that is not a time. A time of the gateway is
 * compared with the browser's clock.
 */
export function Ago({ time }: { readonly time: string | null | undefined }) {
  // Words change slowly, numbers of a running execution each second.
  const now = useNow(5_000);
  const at = timeOf(time);
  if (at === undefined) return null;
  return (
    <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString()}>
      {agoText(now - at)}
    </time>
  );
}

/** From one time to another; to now while the other is open. Nothing without a beginning. */
export function Took({
  from,
  to,
}: {
  readonly from: string | null | undefined;
  readonly to: string | null | undefined;
}) {
  const now = useNow(1_000);
  const start = timeOf(from);
  return start === undefined ? null : <span>{durationText((timeOf(to) ?? now) - start)}</span>;
}
