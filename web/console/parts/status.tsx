/** The mark is a class of the style sheet. The words are those of `Execution.status` and `ExecutionStep.status`. */
const looks: Readonly<Record<string, readonly [mark: string, shape: string]>> = {
  COMPLETED: ['yes', '✓'],
  FAILED: ['no', '✕'],
  CANCELLED: ['warn', '■'],
  RUNNING: ['busy', '▶'],
  PENDING: ['none', '…'],
  SKIPPED: ['none', '–'],
};

/** A state by word and shape, not by colour alone. A state that is not known here is shown as it came. */
export function Status({ status }: { readonly status: string | null }) {
  const word = status ?? 'UNKNOWN';
  const [mark, shape] = looks[word] ?? ['none', '?'];
  return (
    <span class={`mark ${mark} status`}>
      <span aria-hidden="true">{shape}</span> {word.toLowerCase()}
    </span>
  );
}
