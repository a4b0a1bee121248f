import { pythonRelease } from '../support/noetl-release.ts';
import { resultsSuite } from './results-suite.ts';

/** The oldest that is supported, and steps on the way to the newest. `NOETL_RELEASES=2.37.8,3.0.0` runs these alone. */
const versions = process.env['NOETL_RELEASES']?.split(',') ?? ['2.37.8', '2.90.0', '3.0.0', '4.10.1'];

for (const version of versions) resultsSuite(await pythonRelease(version));
