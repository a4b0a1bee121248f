import { buildPage } from './built-page.ts';

/** See {@link buildPage}. */
export const buildConsole = (out: string): Promise<void> =>
  buildPage('console', '/console/', out, { oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } } });
