import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface ChipsProps {
  /** What the choice is about. */
  readonly label: string;
  readonly choices: readonly { readonly value: string; readonly title: string; readonly href: string }[];
  /** The `value` that is marked; a value that no choice has marks no choice. */
  readonly chosen: string;
}

/** One of a few choices, each at an address of its own: links, so that a choice can be opened in another tab. */
export function Chips({ label, choices, chosen }: ChipsProps) {
  return (
    <nav class="chips" aria-label={label}>
      {choices.map(({ value, title, href }) => (
        <a key={value} href={href} aria-current={value === chosen ? 'true' : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}

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

/** A text to copy, as it is. @param what is copied, for the label that a screen reader reads */
export function CopyText({ text, what }: { readonly text: string; readonly what: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    // Browsers have a clipboard in secure contexts only: HTTPS, or localhost, for example with a port-forward.
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <span class="copy">
      <code>{text}</code>
      <button type="button" onClick={() => void copy()} aria-label={`Copy ${what}`}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </span>
  );
}

/** A search is sent with Enter or the button, and not with each letter: each is an address. */
interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  /** @param text without blanks at its ends; empty: no search */
  readonly onSearch: (text: string) => void;
}

/**
 * A search whose text is in the address; the key `/` leads here (`data-search`, see `keys.tsx`). The form is made anew
 * when the address has another text, since the input keeps what was typed.
 */
export function SearchField({ label, placeholder, value, onSearch }: SearchFieldProps) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const text = new FormData(event.currentTarget as HTMLFormElement).get('text');
    onSearch(typeof text === 'string' ? text.trim() : '');
  };
  return (
    <search>
      <form class="search" onSubmit={submit} key={value}>
        <label>
          <span>{label}</span>
          <input
            name="text"
            type="search"
            data-search
            spellcheck={false}
            placeholder={placeholder}
            defaultValue={value}
          />
        </label>
        <button type="submit">Search</button>
      </form>
    </search>
  );
}

/**
 * What is wide or long, and scrolls by itself, with the keyboard too. @param label names the region for screen readers
 */
export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must have the focus to be scrolled by keys.
    <section class="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
