import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

/** Reports that the editors are there. GraphiQL shows its buttons before, and loses a click on them. */
export function WhenReady({ onReady }: { readonly onReady: () => void }) {
  const isReady = useGraphiQL(({ queryEditor, responseEditor }) => !!queryEditor && !!responseEditor);
  useEffect(() => {
    if (isReady) onReady();
  }, [isReady, onReady]);
  return null;
}
