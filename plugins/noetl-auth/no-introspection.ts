import { type ASTVisitor, GraphQLError, type ValidationContext } from 'graphql';

const metaFields = new Set(['__schema', '__type']);

/** A validation rule that refuses `__schema` and `__type` at any depth. `__typename` passes. */
export function noIntrospectionRule(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      if (!metaFields.has(node.name.value)) return;
      const extensions = { code: 'ERR_ACCESS_DENIED' };
      context.reportError(new GraphQLError('introspection is switched off', { nodes: node, extensions }));
    },
  };
}
