import { readFileSync } from 'node:fs';

/** The content of `floors.json`, by the names of the figures that `run.ts` makes. */
interface Floors {
  /** Ratios that must not be lower. */
  readonly atLeast: Readonly<Record<string, number>>;
  /** Figures that must not be higher. */
  readonly atMost: Readonly<Record<string, number>>;
}

/**
 * What `floors.json` asks for and the figures do not hold. A figure that was not measured is not asked about, since a
 * run may be of a few rows.
 * @param figures by name: ratios, MiB, seconds
 * @returns one line for each, with the figure and the bound; empty when all hold. NaN holds.
 */
export function belowFloors(figures: Readonly<Record<string, number>>): readonly string[] {
  const { atLeast, atMost } = JSON.parse(readFileSync(new URL('floors.json', import.meta.url), 'utf8')) as Floors;
  return [
    ...missed(figures, atLeast, 'below', (figure, floor) => figure < floor),
    ...missed(figures, atMost, 'above', (figure, most) => figure > most),
  ];
}

function missed(
  figures: Readonly<Record<string, number>>,
  bounds: Readonly<Record<string, number>>,
  word: string,
  isMissed: (figure: number, bound: number) => boolean,
): readonly string[] {
  return Object.entries(bounds).flatMap(([name, bound]) => {
    const figure = figures[name];
    return figure !== undefined && isMissed(figure, bound) ? [`${name} is ${figure}, ${word} ${bound}`] : [];
  });
}
