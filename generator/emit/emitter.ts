import type { GraphQLSchema } from 'graphql';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { Operation } from '../../plugins/operation.ts';

/** A file that `generate` writes: its path relative to the project, with `/`, and its whole text. */
export interface OutputFile {
  readonly path: string;
  readonly content: string;
}

/** Everything an emitter may look at. Emitters are pure: same input, same bytes. */
export interface EmitInput {
  readonly config: GatewayConfig;
  readonly operations: readonly Operation[];
  /** Mesh's schema with its call directives. */
  readonly schema: GraphQLSchema;
  /** The pulled document, before normalising. */
  readonly document: Readonly<Record<string, unknown>>;
  /** Text of the project's files that an emitter may read; undefined when absent. */
  readonly read: (path: string) => string | undefined;
}

export type Emitter = (input: EmitInput) => readonly OutputFile[] | Promise<readonly OutputFile[]>;
