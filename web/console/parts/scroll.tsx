import type { ComponentChildren } from 'preact';

/** A wide table that scrolls by itself, with the keyboard too. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must have the focus to be scrolled by keys.
    <section class="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
