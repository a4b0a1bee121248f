import { execFile } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema, Kind, type ObjectTypeDefinitionNode, parse, print, visit } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { printSorted } from '../../../generator/emit/schema-files.ts';
import { temporaryFolder } from '../../support/project.ts';

let folder = temporaryFolder();
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Mesh's printed schema, without the schema definition that our file leaves to the root types' names. */
function comparable(text: string): string {
  const document = parse(text, { noLocation: true });
  const definitions = document.definitions.filter(({ kind }) => kind !== Kind.SCHEMA_DEFINITION);
  // Descriptions are printed in one of two ways.
  const plain = visit({ ...document, definitions }, { StringValue: (node) => ({ ...node, block: false }) });
  return printSorted(plain);
}

describe('mesh build', { timeout: 180_000 }, () => {
  it('makes the schema that generate has written', async () => {
    for (const part of ['.meshrc.ts', 'mesh', 'plugins', 'gateway', 'generator', 'package.json', 'tsconfig.json']) {
      cpSync(part, join(folder.path, part), { recursive: true });
    }
    symlinkSync(resolve('node_modules'), join(folder.path, 'node_modules'));
    const mesh = resolve('node_modules/.bin/mesh');
    await promisify(execFile)(process.execPath, [mesh, 'build', '--dir', folder.path], { cwd: folder.path });
    const built = readFileSync(join(folder.path, '.mesh/schema.graphql'), 'utf8');
    const generated = readFileSync('mesh/generated/schema.graphql', 'utf8');
    expect(comparable(built)).toBe(comparable(generated));
  });

  it('has every field that NoETL answers carry its call', () => {
    const schema = buildSchema(readFileSync('mesh/generated/schema.graphql', 'utf8'));
    const roots = [schema.getQueryType()?.astNode, schema.getMutationType()?.astNode];
    const fields = roots.flatMap((root: ObjectTypeDefinitionNode | null | undefined) => root?.fields ?? []);
    expect(fields.length).toBeGreaterThan(0);
    // Answered by the gateway itself.
    const own = new Set(['endSessions']);
    const called = fields.filter(({ name }) => !own.has(name.value));
    for (const field of called) expect(print(field)).toContain('@httpOperation(subgraph: "');
  });
});
