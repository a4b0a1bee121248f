import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { movingPicture, type PictureFrame } from '../../tools/docs/moving-picture.ts';
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

    test('a playbook runs, and who may run it, as a moving picture below 500 kB', async () => {
      const { page, close } = await visit('playbooks?path=regression_test', 960);
      await page.setViewportSize({ width: 960, height: 600 });
      const frames: PictureFrame[] = [];
      const shoot = async (ms: number) => {
        await page.mouse.move(0, 0);
        frames.push({ png: await page.screenshot({ animations: 'disabled' }), ms });
      };
      await page.getByRole('link', { name: 'live', exact: true }).waitFor();
      await shoot(1_500);
      await page.getByRole('link', { name: 'live', exact: true }).click();
      await page.getByLabel('seconds').fill('8');
      await shoot(1_500);
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      for (const done of [1, 2, 3]) {
        await stepsDone(page, done);
        await shoot(900);
      }
      await page.locator('.heading .status', { hasText: 'completed' }).waitFor();
      await shoot(2_000);
      await page.goto(`${dev.internalUrl}/console/access?path=regression_test/live`);
      await page.locator('.path-access').waitFor();
      await shoot(2_500);
      await page.goto(`${dev.internalUrl}/console/explain?roles=viewer&permission=execute&path=regression_test/live`);
      await page.locator('.verdict.no').waitFor();
      await shoot(2_500);
      await close();
      const picture = movingPicture(frames);
      expect(picture.length).toBeLessThan(500_000);
      writeFileSync('docs/images/console.png', picture);
    });
  },
);

const stepsDone = (page: Page, count: number) =>
  page
    .locator('.timeline li[data-status=COMPLETED]')
    .nth(count - 1)
    .waitFor();
