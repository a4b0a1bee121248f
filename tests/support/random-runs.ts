/**
 * How often a slow random test runs: as often as it promises with the services (`npm run test:services`), a tenth of that in
 * `npm test`, with other random inputs each time.
 */
export const runsOf = (promised: number): number => (process.env['TEST_RUNS'] === 'all' ? promised : promised / 10);
