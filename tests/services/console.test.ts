import { execFileSync } from 'node:child_process';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileGrants } from '../../core/access/decision.ts';
import { explainTable } from '../../core/access/explain.ts';
import { accessText } from '../../core/access/explain-text.ts';
import type { DevGateway } from '../../dev/start-dev.ts';
import shipped from '../../gateway.config.ts';
import { hasChromium, launchChromium } from '../support/chromium.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

if (!hasChromium) console.warn('skipped: Chromium is missing (Debian: apt-get install chromium)');

describe.skipIf(!hasChromium)('the console in Chromium', { timeout: 120_000 }, () => {
  let dev: DevGateway;
  let browser: Browser;
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    execFileSync(process.execPath, ['tools/pages/build-pages.ts', '--if-stale'], { stdio: 'inherit' });
    dev = await startDevGateway();
    browser = await launchChromium();
    for (const user of dev.users) tokens[user] = (await dev.login(user)).sessionToken;
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await dev?.stop();
  });

  /** A page of a new browser profile, what it asked for, and what it wrote to the console. */
  async function visit(user: string, path: string, width = 1280) {
    const context = await browser.newContext({ viewport: { width, height: 800 } });
    const page = await context.newPage();
    const asked: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(`${dev.internalUrl}/console/${path}#token=${tokens[user] ?? user}`);
    await page.locator('main h1').waitFor({ timeout: 60_000 });
    return { page, asked, problems, close: () => context.close() };
  }

  /** What axe finds; the script comes in by the debugger, past the page's policy. */
  async function findings(page: Page): Promise<string[]> {
    const client = await page.context().newCDPSession(page);
    await client.send('Runtime.evaluate', { expression: axe.source });
    return page.evaluate(async () => {
      const { axe: found } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } };
      return (await found.run()).violations.map(({ id }) => id);
    });
  }

  test('the matrix in the page is the table of explain, and the token leaves the address', async () => {
    const { page, asked, problems, close } = await visit('admin', 'access');
    await page.locator('.matrix tbody tr').first().waitFor();
    expect(page.url()).toBe(`${dev.internalUrl}/console/access`);
    const shown = await page
      .locator('.matrix tbody tr')
      .evaluateAll((rows) =>
        rows.map((row) => [
          row.querySelector('th code')?.textContent,
          ...[...row.querySelectorAll('td')].map((cell) => cell.textContent),
        ]),
      );
    const rows = Object.entries(shipped.operations).map(([field, { access }]) => ({
      field,
      root: 'query' as const,
      access,
    }));
    const table = explainTable(compileGrants(shipped.grants, []), shipped.roles, rows).rows;
    const wanted = table.map(({ operation, byRole }) => [operation.field, ...[...byRole.values()].map(accessText)]);
    expect(shown.toSorted()).toEqual(wanted.toSorted());
    expect(await findings(page)).toEqual([]);
    expect(new Set(asked.map((url) => new URL(url).origin))).toEqual(new Set([dev.internalUrl]));
    expect(asked.filter((url) => url.includes(tokens['admin'] ?? ''))).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });
});
