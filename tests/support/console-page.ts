import { readFile } from 'node:fs/promises';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import type { DevGateway } from '../../dev/start-dev.ts';
import { launchChromium } from './chromium.ts';
import { startDevGateway } from './dev-gateway.ts';

export interface ConsoleVisit {
  readonly page: Page;
  /** Addresses that the page asked for. */
  readonly asked: readonly string[];
  /** Errors in the browser's console. */
  readonly problems: readonly string[];
  readonly close: () => Promise<void>;
}

export interface ConsoleAddress {
  readonly url: string;
  readonly path: string;
  readonly token: string;
  readonly width?: number;
  /** Before the page is opened. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** Opens a view in a new browser profile, with a session token in the fragment. */
export async function visitConsole(
  browser: Browser,
  { url, path, token, width = 1280, prepare = async () => {} }: ConsoleAddress,
): Promise<ConsoleVisit> {
  const context = await browser.newContext({ viewport: { width, height: 800 } });
  const page = await context.newPage();
  const asked: string[] = [];
  const problems: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  await prepare(page);
  await page.goto(`${url}/console/${path}#token=${token}`);
  await page.locator('main h1').waitFor({ timeout: 60_000 });
  return { page, asked, problems, close: () => context.close() };
}

/** What axe finds; the script comes in by the debugger, past the page's policy. */
export async function axeFindings(page: Page): Promise<string[]> {
  const client = await page.context().newCDPSession(page);
  await client.send('Runtime.evaluate', { expression: axe.source });
  return page.evaluate(async () => {
    const { axe: found } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } };
    return (await found.run()).violations.map(({ id }) => id);
  });
}

/** The development gateway with the shipped policy cases, a browser, and a session token of each user. */
export async function openConsoleWorld() {
  const dev: DevGateway = await startDevGateway({ policyCases: () => readFile('policy-cases.yaml', 'utf8') });
  const browser = await launchChromium();
  const tokens: Record<string, string> = {};
  for (const user of Object.keys(dev.roles)) tokens[user] = (await dev.login(user)).sessionToken;
  async function close(): Promise<void> {
    await browser.close();
    await dev.stop();
  }
  return { dev, browser, tokens, close };
}
