import type { ComponentChildren } from 'preact';

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
