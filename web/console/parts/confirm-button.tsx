import { useEffect, useState } from 'preact/hooks';

interface ConfirmButtonProps {
  readonly label: string;
  /** The question that replaces the label. */
  readonly confirm: string;
  /** Why it cannot be done; absent when it can. */
  readonly reason?: string | undefined;
  /** Shows its own failure: a rejection is not handled here. */
  readonly onConfirm: () => Promise<void>;
}

/** A button that asks once more, for what cannot be undone. */
export function ConfirmButton({ label, confirm, reason, onConfirm }: ConfirmButtonProps) {
  const [state, setState] = useState<'idle' | 'asks' | 'works'>('idle');
  useEffect(() => {
    // The question is taken back after five seconds, so that a later click does not count as its answer.
    if (state !== 'asks') return undefined;
    const timer = setTimeout(() => setState('idle'), 5_000);
    return () => clearTimeout(timer);
  }, [state]);
  const onClick = () => {
    if (state === 'idle') return setState('asks');
    // Disabled until the work is over, so that a third click does nothing.
    setState('works');
    void onConfirm().finally(() => setState('idle'));
  };
  return (
    <button
      type="button"
      class={state === 'asks' ? 'danger asks' : 'danger'}
      disabled={reason !== undefined || state === 'works'}
      title={reason}
      onClick={onClick}
    >
      {state === 'idle' ? label : confirm}
    </button>
  );
}
