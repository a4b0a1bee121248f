import { readFileSync } from 'node:fs';

interface Floors {
  /** Ratios that must not be lower. */
  readonly atLeast: Readonly<Record<string, number>>;
  /** Figures that must not be higher. */
  readonly atMost: Readonly<Record<string, number>>;
}

/** What `floors.json` asks for and the figures do not hold, one line each. A figure that was not measured is not asked about. */
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
