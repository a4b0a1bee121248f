import { readFileSync } from 'node:fs';

/** The content of `floors.json`, by the names of the figures that `run.ts` makes. */
interface Floors {
  /** Ratios that must not be lower. */
  readonly atLeast: Readonly<Record<string, number>>;
  /** Figures that must not be higher. */
  readonly atMost: Readonly<Record<string, number>>;
}

/**
 * What `floors.json` asks for and the figures do not hold.
 * @param figures by name: ratios, MiB, seconds. The name begins with its row, then `: `
 * @param isRun whether a row was measured, and a figure of it: a run may be of a few, and bounds of the others do not
 * count
 * @returns one line for each, with the figure and the bound; empty when all hold. A row that was measured and has no
 * figure, or one that is no number, has a line too.
 */
export function belowFloors(
  figures: Readonly<Record<string, number>>,
  isRun: (row: string, figure: string) => boolean,
): readonly string[] {
  const { atLeast, atMost } = JSON.parse(readFileSync(new URL('floors.json', import.meta.url), 'utf8')) as Floors;
  const missed = (
    bounds: Readonly<Record<string, number>>,
    word: string,
    isMissed: (figure: number, bound: number) => boolean,
  ) =>
    Object.entries(bounds).flatMap(([name, bound]) => {
      if (!isRun(name.slice(0, name.indexOf(': ')), name)) return [];
      const figure = figures[name] ?? Number.NaN;
      if (!Number.isFinite(figure)) return [`${name} has no figure`];
      return isMissed(figure, bound) ? [`${name} is ${figure}, ${word} ${bound}`] : [];
    });
  return [
    ...missed(atLeast, 'below', (figure, floor) => figure < floor),
    ...missed(atMost, 'above', (figure, most) => figure > most),
  ];
}
