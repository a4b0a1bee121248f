import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** A screenshot, and how long it is shown. */
export interface PictureFrame {
  /** 8 bits a channel, with or without transparency, as Chromium writes them. All frames have one size. */
  readonly png: Buffer;
  /** Rounded to hundredths of a second. */
  readonly ms: number;
}

interface Picture {
  readonly width: number;
  readonly height: number;
  /** A colour a pixel, as 0xRRGGBB. */
  readonly pixels: Uint32Array;
}

/** The first eight bytes of every PNG (PNG, 5.2). */
const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

/**
 * An animated PNG (https://www.w3.org/TR/png-3/) that repeats for ever. It has the 256 most frequent colours of all
 * frames, which is nearly all that a page of text has, and each frame holds only the rectangle that differs from the
 * frame before, so that it is small enough for the readme.
 * @throws when a frame is no such PNG, or has another size
 */
export function movingPicture(frames: readonly PictureFrame[]): Buffer {
  const pictures = frames.map(({ png }) => decode(png));
  const [first] = pictures;
  if (first === undefined || pictures.some(({ width, height }) => width !== first.width || height !== first.height))
    throw new Error('a moving picture needs frames of one size');
  const { palette, indexOf } = paletteOf(pictures);
  const indexed = pictures.map(({ pixels }) => Uint8Array.from(pixels, indexOf));
  // One count for fcTL and fdAT together, in the order of the chunks.
  let sequence = 0;
  const parts = indexed.flatMap((now, number) => {
    const area = changedArea(indexed[number - 1], now, first);
    const control = words([sequence++, area.width, area.height, area.x, area.y]);
    // Hundredths of a second; the frame stays, and its pixels take the place of those before.
    const delay = Buffer.from([...halfWord(Math.round((frames[number]?.ms ?? 0) / 10)), 0, 100, 0, 0]);
    const data = deflateSync(rowsOf(now, first.width, area), { level: 9 });
    // A viewer without animation shows IDAT, the first frame; the later ones are in fdAT, which it skips.
    const held = number === 0 ? chunk('IDAT', data) : chunk('fdAT', Buffer.concat([words([sequence++]), data]));
    return [chunk('fcTL', Buffer.concat([control, delay])), held];
  });
  return Buffer.concat([
    signature,
    chunk('IHDR', Buffer.concat([words([first.width, first.height]), Buffer.from([8, 3, 0, 0, 0])])),
    chunk('acTL', words([frames.length, 0])),
    chunk('PLTE', Buffer.from(palette.flatMap((colour) => channels(colour)))),
    ...parts,
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Four bytes each, the highest first, as all numbers of PNG. */
function words(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

const halfWord = (value: number): readonly [number, number] => [(value >> 8) & 255, value & 255];

/** Length of the data, name, data, and the CRC of name and data (PNG, 5.3). */
function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  return Buffer.concat([words([data.length]), named, words([crc32(named)])]);
}

/**
 * Reads the chunks IHDR and IDAT, which is all that Chromium's screenshots need. Transparency is ignored.
 * @throws when it has a palette, is grey, has 16 bits a channel, or is interlaced
 */
function decode(png: Buffer): Picture {
  const data: Buffer[] = [];
  let header = Buffer.alloc(13);
  // Twelve bytes of each chunk are its length, name and CRC. The CRC is not checked.
  for (let at = signature.length; at < png.length; at += png.readUInt32BE(at) + 12) {
    const body = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    const name = png.toString('latin1', at + 4, at + 8);
    if (name === 'IHDR') header = Buffer.from(body);
    if (name === 'IDAT') data.push(body);
  }
  const [width, height, depth, kind, interlaced] = [
    ...[header.readUInt32BE(0), header.readUInt32BE(4)],
    ...[header[8], header[9], header[12]],
  ];
  // Colour types 2 and 6: three or four bytes a pixel.
  const size = { 2: 3, 6: 4 }[kind ?? 0];
  if (!width || !height || depth !== 8 || size === undefined || interlaced !== 0)
    throw new Error('a frame must be a PNG with 8 bits a channel, in colours');
  const bytes = unfiltered(inflateSync(Buffer.concat(data)), width * size, size);
  const pixels = Uint32Array.from({ length: width * height }, (_, pixel) => bytes.readUIntBE(pixel * size, 3));
  return { width, height, pixels };
}

/**
 * Undoes the filter that each row of a PNG begins with (PNG, 9.2). Sums are modulo 256, which a Buffer does by itself.
 */
function unfiltered(raw: Buffer, rowBytes: number, pixelBytes: number): Buffer {
  const rows = raw.length / (rowBytes + 1);
  const out = Buffer.alloc(rows * rowBytes);
  // Outside of the picture all bytes count as 0.
  const byteAt = (row: number, column: number) =>
    row < 0 || column < 0 ? 0 : (out[row * rowBytes + column] ?? Number.NaN);
  for (let row = 0; row < rows; row += 1) {
    const start = row * (rowBytes + 1);
    for (let column = 0; column < rowBytes; column += 1) {
      const [left, above] = [byteAt(row, column - pixelBytes), byteAt(row - 1, column)];
      const guess = predicted(raw[start] ?? 0, left, above, byteAt(row - 1, column - pixelBytes));
      out[row * rowBytes + column] = (raw[start + 1 + column] ?? 0) + guess;
    }
  }
  return out;
}

/**
 * What a filter takes for the byte: 0 none, 1 the left one, 2 the one above, 3 their mean, 4 the nearest of the three
 * by Paeth.
 */
function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter < 4) return [0, left, above, (left + above) >> 1][filter] ?? 0;
  // The distances of left + above - corner to each. Ties go to the left one, then to the one above: every decoder must
  // do the same.
  const [byLeft, byAbove, byCorner] = [above - corner, left - corner, left + above - 2 * corner].map(Math.abs) as [
    number,
    number,
    number,
  ];
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}

const channels = (colour: number): readonly [number, number, number] => [
  colour >> 16,
  (colour >> 8) & 255,
  colour & 255,
];

/**
 * The colours of the picture, at most 256, and for each colour the index of its own or of the nearest one. Found once
 * for a colour, since pixels are many.
 */
function paletteOf(pictures: readonly Picture[]) {
  const counts = new Map<number, number>();
  for (const { pixels } of pictures) for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const palette = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 256)
    .map(([colour]) => colour);
  const known = new Map(palette.map((colour, index) => [colour, index]));
  const nearest = (colour: number) => {
    const distances = palette.map((one) => distance(one, colour));
    return distances.indexOf(Math.min(...distances));
  };
  return {
    palette,
    indexOf(colour: number): number {
      const found = known.get(colour) ?? nearest(colour);
      known.set(colour, found);
      return found;
    },
  };
}

/** Squared, in RGB. */
function distance(one: number, other: number): number {
  const [a, b] = [channels(one), channels(other)];
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The smallest rectangle with all that differs; one pixel when nothing does. */
function changedArea(
  before: Uint8Array | undefined,
  now: Uint8Array,
  { width, height }: Pick<Picture, 'width' | 'height'>,
): Area {
  if (before === undefined) return { x: 0, y: 0, width, height };
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let at = 0; at < now.length; at += 1) {
    if (now[at] === before[at]) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  if (left > right) return { x: 0, y: 0, width: 1, height: 1 };
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** Rows of an area, each after a 0: no filter, which is best for a palette. */
function rowsOf(pixels: Uint8Array, width: number, { x, y, width: columns, height }: Area): Buffer {
  const rows = Array.from({ length: height }, (_, row) => {
    const from = (y + row) * width + x;
    return Buffer.concat([Buffer.from([0]), pixels.subarray(from, from + columns)]);
  });
  return Buffer.concat(rows);
}
