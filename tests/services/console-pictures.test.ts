import { execFileSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { openConsoleWorld, visitConsole } from '../support/console-page.ts';
import { graphql } from '../support/dev-gateway.ts';

/** The pictures of README.md and docs/console.md. */
describe.runIf(process.env['UPDATE_IMAGES'] === 'true')(
  'the console is shown in the docs',
  { timeout: 120_000 },
  () => {
    let dev: DevGateway;
    let browser: Browser;
    let tokens: Readonly<Record<string, string>> = {};
    let close: (() => Promise<void>) | undefined;

    beforeAll(async () => {
      execFileSync(process.execPath, ['tools/pages/build-pages.ts', '--if-stale'], { stdio: 'inherit' });
      ({ dev, browser, tokens, close } = await openConsoleWorld());
    }, 240_000);
    afterAll(() => close?.());

    const visit = (path: string, width: number) =>
      visitConsole(browser, { url: dev.internalUrl, path, token: tokens['admin'] ?? '', width });

    test('views, as they are', async () => {
      const started = await graphql(dev.url, tokens['developer'], {
        query: 'mutation { executePlaybook(name: "regression_test/fail_then_work", variables: { seconds: 1 }) { id } }',
      });
      const { data = {} } = started.body;
      const { id } = data['executePlaybook'] as { id: string };
      const views = [
        ['executions', 'executions', '.executions .mark.no'],
        ['execution', `executions/${id}`, '.heading .mark.no'],
        ['access', 'access?path=data/sales_2026', '.path-access'],
        ['policy', 'policy', '.cases'],
        ['health', 'health', '.operations'],
      ] as const;
      for (const [name, path, shown] of views) {
        const { page, close } = await visit(path, 1100);
        await page.locator(shown).waitFor();
        await page.screenshot({ path: `docs/images/console-${name}.png` });
        await close();
      }
    });
  },
);
