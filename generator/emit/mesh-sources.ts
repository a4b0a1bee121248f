import { meshFiles } from '../mesh/mesh-config.ts';
import type { OutputFile } from './emitter.ts';
import { hashHeader, headerText } from './header.ts';

const folder = 'mesh/generated';

/** What Mesh's own commands read: the open part of the document in its normal form, and the protocol's SDL. */
export function emitMeshSources(sources: Readonly<Record<string, string>>): readonly OutputFile[] {
  return Object.entries(sources).map(([name, text]) => ({
    path: `${folder}/${name}`,
    content: name === meshFiles.document ? withComment(text) : `${hashHeader}\n${text}`,
  }));
}

/** JSON has no comments; OpenAPI has `x-` members. */
const withComment = (text: string): string =>
  `${JSON.stringify({ 'x-generated': headerText, ...JSON.parse(text) }, undefined, 2)}\n`;
