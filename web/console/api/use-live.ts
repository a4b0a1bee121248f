import { useEffect, useRef, useState } from 'preact/hooks';
import type { GraphqlRequest } from './fields.ts';
import { useSession } from './me.ts';

/** Between the end of a stream and the next attempt; the views ask again from time to time meanwhile. */
const retryMs = 5_000;

interface LiveUse<T> {
  /** A subscription; undefined: no subscription, and the views poll. */
  readonly asked: GraphqlRequest | undefined;
  readonly onData: (data: T) => void;
}

/**
 * Follows a subscription while the page is visible: a browser has few connections to one host, and hidden tabs would
 * hold them.
 * @returns whether it is connected
 */
export function useLive<T>({ asked, onData }: LiveUse<T>): boolean {
  const { gateway } = useSession();
  const isVisible = useVisible();
  const [isOpen, setOpen] = useState(false);
  // The newest handler without opening the stream again: a view makes a new function each time it is drawn.
  const latest = useRef(onData);
  latest.current = onData;
  // By its text: operations are made anew each time, and the stream must stay open while they are equal.
  const key = asked === undefined || !isVisible ? undefined : JSON.stringify(asked);
  useEffect(() => {
    if (key === undefined) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop = () => {};
    const open = () => {
      stop = gateway.stream<T>(JSON.parse(key) as GraphqlRequest, {
        next: (data) => latest.current(data),
        opened: () => setOpen(true),
        closed() {
          setOpen(false);
          timer = setTimeout(open, retryMs);
        },
      });
    };
    // An effect of its own for each operation: the clean-up ends the stream and the attempt that waits.
    open();
    return () => {
      clearTimeout(timer);
      stop();
      setOpen(false);
    };
  }, [gateway, key]);
  return isOpen;
}

function useVisible(): boolean {
  const [isVisible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const onChange = () => setVisible(!document.hidden);
    document.addEventListener('visibilitychange', onChange);
    return () => document.removeEventListener('visibilitychange', onChange);
  }, []);
  return isVisible;
}
