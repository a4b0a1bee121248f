import type { DocumentNode } from 'graphql';
import type { OutputFile } from './emitter.ts';
import { hashHeader } from './header.ts';
import { printSorted } from './sort-sdl.ts';

export const schemaPath = 'mesh/generated/schema.graphql';

/** The schema that the server serves, with its call instructions, in a fixed order. */
export const emitSchema = (sdl: DocumentNode): readonly OutputFile[] => [
  { path: schemaPath, content: `${hashHeader}\n${printSorted(sdl)}` },
];
