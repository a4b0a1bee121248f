import { afterAll, expect, test } from 'vitest';
import shipped from '../../gateway.config.ts';
import { generate } from '../../generator/generate.ts';
import { pull } from '../../generator/pull/pull.ts';
import { temporaryFolder } from '../support/project.ts';

const folders: ReturnType<typeof temporaryFolder>[] = [];
afterAll(() => {
  for (const folder of folders) folder.remove();
});

/** Rows and arguments of the shipped config that the Rust server does not have. */
const lacking = [
  'agents',
  'cancelExecution.args.cascade',
  'cancelExecution.args.reason',
  'credential.args.catalog_id',
  'executionEvents',
  'executionStatus.args.full',
  'executions.args.page',
  'executions.args.page_size',
  'playbooks.args.agent_only',
  'playbooks.args.capabilities',
  'playbooks.args.capability',
  'playbooks.args.path',
  'saveCredential.args.credential_type',
  'workerPools.args.runtime',
];

test.each(['3.54.0', '3.83.1'])(
  'the shipped config opens what the Rust server %s has, and says what it lacks',
  async (version) => {
    const folder = temporaryFolder();
    folders.push(folder);
    await pull(new URL(`../../openapi/noetl-rust-${version}.json`, import.meta.url).href, { projectDir: folder.path });
    const { notes } = await generate({ projectDir: folder.path, config: shipped, emitters: [] });
    const places = notes
      .filter((note) => / has no /.test(note) && note.startsWith('operations.'))
      .map((note) => /^operations\.([\w.]+)/.exec(note)?.[1]);
    expect(places.sort()).toEqual(lacking);
  },
);
