import process from 'node:process';
import { parseArgs } from 'node:util';
import { rows } from './rows.ts';

/** Rows that start processes of their own. `start` is measured with `--wrk` only. */
export const processRows = ['start', 'generate', 'decisions'] as const;

export interface BenchOptions {
  /** Load from wrk, peers alone on one core. Only then are figures compared with floors.json. */
  readonly byWrk: boolean;
  readonly json: boolean;
  /** A program: the earlier gateway. */
  readonly incumbent: string | undefined;
  /**
   * A profile of the gateway is written, and its layers are part of the report. A profile costs time, so floors do not
   * count.
   */
  readonly profile: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly wants: (row: string) => boolean;
}

/**
 * Reads the arguments; ends the process with 2 when a row is unknown.
 * @throws TypeError of parseArgs for an unknown option
 */
export function readOptions(): BenchOptions {
  const { values } = parseArgs({
    options: {
      wrk: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      incumbent: { type: 'string' },
      rows: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
    },
  });
  const known = [...rows.map(({ name }) => name), ...processRows];
  // By `;`, since names of rows hold commas.
  const wanted = values.rows?.split(/\s*;\s*/) ?? known;
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`unknown rows: ${unknown.join('; ')}\n--rows takes these, with ; between them: ${known.join('; ')}`);
    process.exit(2);
  }
  return {
    byWrk: values.wrk,
    json: values.json,
    profile: values.profile,
    incumbent: values.incumbent,
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    wants: (row) => wanted.includes(row),
  };
}
