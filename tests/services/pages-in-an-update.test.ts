import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { hasChromium, launchChromium } from '../support/chromium.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

/** In a rolling update one replica sends the page, and one of another version answers 404 for its assets. */
describe.skipIf(!hasChromium)('a page whose assets are of another version', { timeout: 120_000 }, () => {
  let dev: DevGateway;
  let browser: Browser;

  beforeAll(async () => {
    dev = await startDevGateway();
    browser = await launchChromium();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await dev?.stop();
  });

  test.each([
    ['the console', () => `${dev.internalUrl}/console`, 'main h1'],
    ['GraphiQL', () => `${dev.url}/graphql`, '.graphiql-execute-button'],
  ])('%s asks for a reload, and works after it', async (_name, url, wanted) => {
    const page = await (await browser.newContext()).newPage();
    await page.route('**/assets/**', (route) => route.fulfill({ status: 404, body: '{}' }));
    await page.goto(url());
    const text = page.getByText('reload the page');
    await text.waitFor({ timeout: 5_000 });
    await page.unroute('**/assets/**');
    await page.reload();
    await page.locator(wanted).waitFor({ timeout: 60_000 });
    expect(await text.count()).toBe(0);
    await page.context().close();
  });
});
