import type { OutputFile } from '../../generator/emit/emitter.ts';
import { cliPage } from './cli-page.ts';
import { environmentPage } from './environment-page.ts';
import { errorPages, errorsPage } from './errors-page.ts';
import { metricsPage } from './metrics-page.ts';
import { restPage } from './rest-page.ts';

/**
 * The pages of docs/reference, from the code that they describe. `generate.ts` writes them, and its `--check` compares
 * them.
 * @returns paths from the root of the repository, with the whole content of each file
 */
export async function referencePages(): Promise<readonly OutputFile[]> {
  return [
    { path: 'docs/reference/cli.md', content: await cliPage() },
    { path: 'docs/reference/environment.md', content: environmentPage() },
    { path: 'docs/reference/errors.md', content: errorsPage() },
    ...errorPages(),
    { path: 'docs/reference/metrics.md', content: await metricsPage() },
    { path: 'docs/reference/rest.md', content: restPage() },
  ];
}
