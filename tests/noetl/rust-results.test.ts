import { rustRelease } from '../support/noetl-release.ts';
import { resultsSuite } from './results-suite.ts';

resultsSuite(await rustRelease());
