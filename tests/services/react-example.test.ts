import type { Browser, Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { hasChromium, launchChromium } from '../support/chromium.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

if (!hasChromium) console.warn('skipped: Chromium is missing (Debian: apt-get install chromium)');

describe.skipIf(!hasChromium)('examples/react-app in Chromium, on an origin of its own', { timeout: 120_000 }, () => {
  let dev: DevGateway;
  let vite: ViteDevServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    dev = await startDevGateway();
    vite = await createServer({
      root: 'examples/react-app',
      configFile: false,
      logLevel: 'error',
      define: { 'import.meta.env.VITE_GATEWAY_URL': JSON.stringify(dev.url) },
      server: { host: '127.0.0.1', port: 0 },
    });
    await vite.listen();
    browser = await launchChromium();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await vite?.close();
    await dev?.stop();
  });

  async function open(user: string) {
    page = await browser.newPage();
    await page.goto(vite.resolvedUrls?.local[0] ?? '');
    await page.getByLabel('Session token').fill(user === '' ? 'wrong' : (await dev.login(user)).sessionToken);
    await page.getByRole('button', { name: 'Log in' }).click();
  }

  test('lists playbooks, runs one and shows its steps live', async () => {
    await open('developer');
    await page.getByLabel('Playbook').selectOption('regression_test/live');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('compare: RUNNING').waitFor();
    await page.getByText('Your flight XX 101 is booked.').waitFor();
    expect(await page.locator('output').textContent()).toBe('COMPLETED');
    expect(await page.locator('li').allTextContents()).toContain('notify: COMPLETED');
  });

  test('cancels', async () => {
    await open('developer');
    await page.getByLabel('Playbook').selectOption('regression_test/slow');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('start: RUNNING').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Run' }).waitFor();
    await page.locator('[role=alert]').filter({ hasText: /./ }).waitFor();
  });

  test('says what is refused', async () => {
    await open('viewer');
    await page.getByLabel('Playbook').selectOption('regression_test/hello_world');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.locator('[role=alert]').filter({ hasText: 'may not' }).or(page.getByText('ERR_ACCESS_DENIED')).waitFor();
    await open('');
    await page.locator('[role=alert]').filter({ hasText: /./ }).waitFor();
  });
});
