import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientWorld, eventually, need, type SimulatedClient } from './client-world.ts';

/** Runs the program with a home of its own. What it prints comes back with standard output first. */
function commandLine(program: string, world: ClientWorld) {
  const home = mkdtempSync(join(tmpdir(), 'noetl-cli-'));
  const run = (args: readonly string[], settings: Readonly<Record<string, string>>): Promise<string> =>
    new Promise((resolve) => {
      const env = { PATH: process.env['PATH'], HOME: home, ...settings };
      execFile(program, args, { env, timeout: 30_000 }, (_error, out, err) => resolve(out + err));
    });
  const noetl = (...args: readonly string[]) => run(args, { NOETL_USE_GATEWAY: 'true' });
  const start = async (path: string): Promise<string> => {
    const printed = await noetl('run', path, '--runtime', 'distributed', '--json');
    const id = /"execution_id":"(\d+)"/.exec(printed)?.[1];
    need(id, 'run prints an execution id', printed);
    return id;
  };
  const file = (text: string): string => {
    const path = join(home, 'playbook.yaml');
    writeFileSync(path, text);
    return path;
  };
  return { run, noetl, start, file, token: () => world.identityToken('admin') };
}

const has = (printed: string, ...parts: readonly string[]): void => {
  for (const part of parts) need(printed.includes(part), `it prints ${part}`, printed);
};

/** NoETL's command line itself, as PyPI has it. @param program where it is installed */
export const noetlCli = (program: string): SimulatedClient => ({
  name: 'noetl CLI',
  steps(world) {
    const { run, noetl, start, file, token } = commandLine(program, world);
    let id = '';
    return [
      {
        does: 'context init --from-gateway',
        async run() {
          const printed = await noetl('context', 'init', 'gw', '--from-gateway', world.url, '--yes', '--set-current');
          has(printed, 'tenant.example.com', 'spa-client');
        },
      },
      {
        does: 'auth login',
        async run() {
          // The context's domain is that of the contract; the token's issuer is another one here.
          const { iss } = JSON.parse(Buffer.from((await token()).split('.')[1] ?? '', 'base64url').toString());
          const domain = new URL(iss).host;
          has(
            await noetl('auth', 'login', '--auth0-token', await token(), '--auth0-domain', domain),
            'login successful',
          );
        },
      },
      {
        does: 'catalog register, list, get',
        async run() {
          has(await noetl('register', 'playbook', '--file', file(world.source('team/cli'))), 'team/cli');
          has(await noetl('catalog', 'list', 'Playbook', '--json'), '"entries"', 'team/cli');
          const { content } = JSON.parse(await noetl('catalog', 'get', 'team/cli'));
          need(content === world.source('team/cli'), 'the source comes back as it was', content);
        },
      },
      {
        does: 'run, status',
        async run() {
          id = await start(world.quick);
          const read = () => noetl('status', id, '--json');
          has(await eventually(read, (printed) => printed.includes('"completed":true'), 'it ends'), '"failed":false');
        },
      },
      {
        does: 'status of an unknown execution: its second way',
        async run() {
          has(await noetl('status', '123456789012345678'), '404 Not Found', 'execution not found');
        },
      },
      {
        does: 'cancel: a running one, and one that is over',
        async run() {
          has(await noetl('cancel', await start(world.slow), '--cascade', '--json'), '"status":"cancelled"');
          has(await noetl('cancel', id, '--json'), '"status":"already_completed"');
          has(await noetl('status', id, '--json'), '"completed":true');
        },
      },
      {
        does: 'get credential: no secret',
        async run() {
          const printed = await noetl('get', 'credential', world.credential.name);
          has(printed, world.credential.name);
          need(!printed.includes(world.credential.secret), 'the secret stays in NoETL');
        },
      },
      {
        does: 'without gateway mode: 404, which names the setting',
        run: async () => {
          has(await run(['catalog', 'list', 'Playbook'], {}), '404', 'NOETL_USE_GATEWAY=true');
        },
      },
    ];
  },
});
