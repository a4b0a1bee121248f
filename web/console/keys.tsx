import { useEffect, useMemo, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { useSession } from './api/me.ts';
import { views } from './views.tsx';

/** Keys: `/` search, `g` and a letter for a view, `?` this list. Not while a person writes. */
export function Keys() {
  const { route } = useLocation();
  const { me } = useSession();
  const dialog = useRef<HTMLDialogElement>(null);
  // The same for each drawing, so that the listener is not taken off and put on again.
  const shown = useMemo(() => views.filter(({ forOperators }) => me.isOperator || !forOperators), [me.isOperator]);
  useEffect(() => {
    // One reader for one listener: it remembers the `g`.
    const keyOf = createKeyReader();
    const onKey = (event: KeyboardEvent) => {
      const key = keyOf(event);
      const view = shown.find(({ letter }) => key === `g ${letter}`);
      if (view !== undefined) route(`/console/${view.name}`);
      if (key === '?') dialog.current?.showModal();
      if (key === '/') focusSearch(event);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [route, shown]);
  return (
    <dialog ref={dialog} aria-label="Keys" class="keys">
      <h2>Keys</h2>
      <dl>
        <dt>
          <kbd>/</kbd>
        </dt>
        <dd>Search</dd>
        {shown.map(({ name, title, letter }) => [
          <dt key={`${name} key`}>
            <kbd>g</kbd> <kbd>{letter}</kbd>
          </dt>,
          <dd key={name}>{title}</dd>,
        ])}
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>This list</dd>
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

/**
 * Reads keys, `g` and a letter as one (`g e`), within 1.5 s; undefined while a person writes, and with Ctrl, Meta or
 * Alt, which are keys of the browser.
 */
function createKeyReader(): (event: KeyboardEvent) => string | undefined {
  let leaderAt = 0;
  return ({ key, target, ctrlKey, metaKey, altKey }) => {
    const isWriting = target instanceof Element && target.closest('input, textarea, select') !== null;
    if (ctrlKey || metaKey || altKey || isWriting) return undefined;
    const isSecond = Date.now() - leaderAt < 1_500;
    leaderAt = key === 'g' ? Date.now() : 0;
    return isSecond ? `g ${key}` : key;
  };
}

/** Moves to the search of the view, where it has one. */
function focusSearch(event: KeyboardEvent): void {
  const search = document.querySelector<HTMLElement>('[data-search]');
  if (search === null) return;
  // Else the `/` is typed into the field.
  event.preventDefault();
  search.focus();
}
