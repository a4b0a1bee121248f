import { rustRelease } from '../support/noetl-release.ts';
import { resultsSuite } from './results-suite.ts';

/** `NOETL_RELEASES=3.83` runs one alone. */
for (const version of ['3.83', '3.54'] as const) {
  if (process.env['NOETL_RELEASES']?.split(',').includes(version) !== false) resultsSuite(await rustRelease(version));
}
