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
