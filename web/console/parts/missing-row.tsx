import { CopyText } from './copy-text.tsx';
import { Empty } from './states.tsx';

/**
 * The config opens nothing of the kind that a view needs: which row to add. @param row one entry of `operations`, to be
 * copied
 */
export function MissingRow({ kind, row }: { readonly kind: string; readonly row: string }) {
  return (
    <Empty title={`This gateway has no operation that answers ${kind}.`}>
      <p class="quiet">
        Add the row below to <code>operations</code> in <code>gateway.config.ts</code>, and run{' '}
        <code>npm run generate</code>.
      </p>
      <p>
        <CopyText text={row} what="the row" />
      </p>
    </Empty>
  );
}
