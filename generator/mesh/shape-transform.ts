import { getDocumentNodeFromSchema } from '@graphql-tools/utils';
import { buildASTSchema, type GraphQLSchema } from 'graphql';
import type { TableRow } from './mesh-config.ts';
import { shapeSchema } from './shape-schema.ts';

/** {@link shapeSchema} as a transform, for Mesh's own commands. */
class ShapeTransform {
  readonly operations: readonly TableRow[];

  constructor({ config }: { readonly config: { readonly operations: readonly TableRow[] } }) {
    this.operations = config.operations;
  }

  transformSchema(schema: GraphQLSchema): GraphQLSchema {
    const shaped = buildASTSchema(shapeSchema(getDocumentNodeFromSchema(schema), this.operations), {
      assumeValidSDL: true,
    });
    // Mesh keeps its sources there, and looks for them when it writes its artifacts.
    shaped.extensions = schema.extensions;
    return shaped;
  }
}

// biome-ignore lint/style/noDefaultExport: Mesh looks for a transform in the default export.
export default ShapeTransform;
