import { useState } from 'preact/hooks';

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
