import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../cli/load-config.ts';
import { GatewayError } from '../../../plugins/errors.ts';
import { temporaryFolder } from '../../support/project.ts';

let folder = temporaryFolder();
let said: string[] = [];
const { warn } = console;
beforeEach(() => {
  folder = temporaryFolder();
  said = [];
  console.warn = (line: string) => void said.push(line);
});
afterEach(() => {
  console.warn = warn;
  folder.remove();
});

const project = (text: string) => writeFileSync(join(folder.path, 'gateway.config.ts'), text);

/** A field that never had another name. */
const renames = [{ section: '', from: 'permits', to: 'grants', since: '9.1.0' }];

describe('the declaration of a project', () => {
  test('may have the names of the minor version before, with a warning', async () => {
    project('export default { operations: {}, roles: [], permits: [] };');
    expect(await loadConfig(folder.path, { renames })).toEqual({ operations: {}, roles: [], grants: [] });
    expect(said).toEqual([expect.stringContaining('gateway.config.ts: permits was renamed to grants in 9.1.0')]);
  });

  test('under today’s names is loaded as it is', async () => {
    project('export default { operations: {}, roles: ["r"], grants: [] };');
    expect(await loadConfig(folder.path)).toEqual({ operations: {}, roles: ['r'], grants: [] });
    expect(said).toEqual([]);
  });

  test.each(['undefined', 'null', '7', '{}', '{ operations: {}, roles: [] }'])('is not %s', async (value) => {
    project(`export default ${value};`);
    await expect(loadConfig(folder.path)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  test('may be made of several files', async () => {
    writeFileSync(join(folder.path, 'roles.ts'), 'export const roles: string[] = ["r"];');
    project('import { roles } from "./roles.ts"; export default { operations: {}, roles, grants: [] };');
    expect(await loadConfig(folder.path)).toMatchObject({ roles: ['r'] });
  });

  test('shares the modules of the gateway with the process, also when it is read again', async () => {
    const shared = pathToFileURL('plugins/errors.ts').href;
    project(`import { GatewayError } from '${shared}';
export default { operations: {}, roles: ['r'], grants: [], error: GatewayError };`);
    const files: string[] = [];
    const config = await loadConfig(folder.path, { onFile: (file) => files.push(file) });
    expect(config).toMatchObject({ error: GatewayError });
    expect(files).toEqual([join(folder.path, 'gateway.config.ts')]);
  });

  test('that is missing is asked for', async () => {
    await expect(loadConfig(folder.path)).rejects.toMatchObject({
      problems: [expect.stringContaining('noetl-gateway init')],
    });
  });
});
