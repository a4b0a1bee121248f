import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Debian's Chromium; CI must have it, other machines may skip what needs it. */
export const hasChromium = existsSync(executablePath) || process.env['CI'] === 'true';

/** Without these, Chromium asks hosts of its maker at every start. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath, args });

/** What a new browser profile loads over the network until a page can be used. */
export async function openCounting(
  browser: Browser,
  url: string,
  isReady: (page: Page) => Promise<unknown>,
): Promise<{ readonly page: Page; readonly bytes: number; readonly close: () => Promise<void> }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  await client.send('Network.enable');
  let bytes = 0;
  client.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await page.goto(url);
  await isReady(page);
  return { page, bytes, close: () => context.close() };
}
