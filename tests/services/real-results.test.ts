import { resultsSuite } from '../noetl/results-suite.ts';
import { pythonRelease } from '../support/noetl-release.ts';

resultsSuite(await pythonRelease());
