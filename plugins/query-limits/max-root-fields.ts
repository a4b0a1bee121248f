import { type ASTVisitor, Kind, type SelectionSetNode, type ValidationContext } from 'graphql';

/**
 * A validation rule: an operation has at most `max` fields on its root, each one as often as it is written, fragments
 * included. Each may become a call upstream.
 */
export function maxRootFieldsRule(max: number, refuse: () => never): (context: ValidationContext) => ASTVisitor {
  return (context) => ({
    OperationDefinition(operation) {
      if (countFields(operation.selectionSet, context, new Map()) > max) refuse();
    },
  });
}

/** `counted` holds 0 for a fragment that is being counted, so that a cycle ends; another rule reports it. */
function countFields(set: SelectionSetNode, context: ValidationContext, counted: Map<string, number>): number {
  let count = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) count += 1;
    else if (selection.kind === Kind.INLINE_FRAGMENT) count += countFields(selection.selectionSet, context, counted);
    else count += countFragment(selection.name.value, context, counted);
  }
  return count;
}

function countFragment(name: string, context: ValidationContext, counted: Map<string, number>): number {
  const known = counted.get(name);
  if (known !== undefined) return known;
  // Before its fields are counted, so that a fragment within itself adds nothing.
  counted.set(name, 0);
  const fragment = context.getFragment(name);
  const count = fragment ? countFields(fragment.selectionSet, context, counted) : 0;
  counted.set(name, count);
  return count;
}
