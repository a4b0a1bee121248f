import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, it } from 'vitest';
import type { ClientWorld, SimulatedClient } from './client-world.ts';
import { gatewayUi } from './gateway-ui.ts';
import { noetlCli } from './noetl-cli.ts';
import { noetlGui } from './noetl-gui.ts';
import { reactExample } from './react-example.ts';
import { travelApp } from './travel-app.ts';

/** Where a run leaves what worked; `npm run docs:clients` makes the matrix of the docs from it. */
export const clientRecords = 'node_modules/.cache/noetl-clients';

export interface ClientRow {
  readonly client: string;
  readonly does: string;
  readonly works: boolean;
}

const clients: readonly SimulatedClient[] = [gatewayUi, reactExample, noetlGui, travelApp];

/** Every simulated client against one world, step by step. @param cli the program of NoETL's command line, where it is installed */
export function clientSuite(title: string, world: () => ClientWorld, cli?: string): void {
  const rows: ClientRow[] = [];
  describe.each([...clients, ...(cli === undefined ? [] : [noetlCli(cli)])])('$name', ({ name, steps }) => {
    const lazy: ClientWorld = new Proxy({} as ClientWorld, { get: (_target, key) => Reflect.get(world(), key) });
    for (const { does, run } of steps(lazy)) {
      it(does, async () => {
        const row = { client: name, does, works: false };
        rows.push(row);
        await run();
        rows[rows.indexOf(row)] = { ...row, works: true };
      });
    }
  });
  afterAll(() => {
    mkdirSync(clientRecords, { recursive: true });
    writeFileSync(`${clientRecords}/${title.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.json`, JSON.stringify({ title, rows }));
  });
}
