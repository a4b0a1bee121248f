import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';
import { withExecution } from './protocol-operations.ts';

/** Writes the id of a started execution into the variables, for the operations that read it. Shows which one it is. */
export function FillExecution({ id }: { readonly id: string | undefined }) {
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  useEffect(() => {
    if (id === undefined || variableEditor === undefined) return;
    const filled = withExecution(variableEditor.getValue(), id);
    // Variables that a person has emptied or broken are left alone.
    if (filled !== undefined) variableEditor.setValue(filled);
  }, [id, variableEditor]);
  return id === undefined ? null : <p className="started">Started execution {id}. Its id is in the variables.</p>;
}
