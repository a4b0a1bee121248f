import type { ComponentChildren } from 'preact';
import { CallFailed } from '../api/gateway-client.ts';

/** In the place of what is being read; nothing jumps when it arrives. @param rows about as many lines as will come */
export function Loading({ rows = 3 }: { readonly rows?: number }) {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {[...Array(rows).keys()].map((row) => (
        <span key={row} />
      ))}
    </div>
  );
}

/** What went wrong, in the gateway's words, and what to do. @param retry absent where a second attempt cannot succeed */
export function Failed({ error, retry }: { readonly error: Error; readonly retry?: () => void }) {
  const code = error instanceof CallFailed ? error.code : undefined;
  return (
    <div class="failed" role="alert">
      <p>
        <strong>{error.message}</strong>
      </p>
      <p class="quiet">
        {code !== undefined && <code>{code}</code>} {nextStep(code)}
      </p>
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What to do about an error. A code that is not here has no next step beyond the gateway's sentence. */
function nextStep(code: string | undefined): string {
  if (code === 'ERR_NETWORK') return 'Check that the gateway runs, and the port-forward when you use one.';
  if (code === 'ERR_ACCESS_DENIED') return 'Your roles have no grant for it.';
  if (code === 'ERR_NOT_FOUND') return 'It is missing, or your roles may not see it; both have the same answer.';
  // ERR_UPSTREAM, and ERR_UPSTREAM_TIMEOUT among others.
  if (code?.startsWith('ERR_UPSTREAM')) return 'NoETL does not answer as it should; the view Health shows since when.';
  return '';
}

/** Whether changes come as they happen, or with the next look. */
export function LiveLabel({ isLive }: { readonly isLive: boolean }) {
  return <span class={`live ${isLive ? 'on' : ''}`}>{isLive ? 'live' : 'read again from time to time'}</span>;
}

/** Nothing to show: why, and what to do next. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}

/** The title is the question; below it one line that answers it, and what can be done. */
export function Heading({
  title,
  answer,
  children,
}: {
  readonly title: ComponentChildren;
  readonly answer?: ComponentChildren;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="heading">
      <div>
        <h1>{title}</h1>
        {answer !== undefined && <p class="answer">{answer}</p>}
      </div>
      {children !== undefined && <div class="actions">{children}</div>}
    </div>
  );
}
