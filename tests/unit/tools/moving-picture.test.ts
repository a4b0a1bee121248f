import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { movingPicture } from '../../../tools/docs/moving-picture.ts';

const word = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name), data]);
  return Buffer.concat([word(data.length), named, word(crc32(named))]);
}

/** A PNG of pixels in colours, its rows with this filter. */
function png(rows: readonly (readonly number[])[], filter = 0, depth = 8): Buffer {
  const width = rows[0]?.length ?? 0;
  const plain = rows.map((row) => row.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const filtered = plain.map((row, index) => [
    filter,
    ...row.map((byte, at) => {
      const left = row[at - 3] ?? 0;
      const above = plain[index - 1]?.[at] ?? 0;
      return [byte, byte - left, byte - above, byte - ((left + above) >> 1)][filter] ?? 0;
    }),
  ]);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', Buffer.concat([word(width), word(rows.length), Buffer.from([depth, 2, 0, 0, 0])])),
    chunk('IDAT', deflateSync(Buffer.from(filtered.flat().map((byte) => byte & 255)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The chunks, with their sums checked. */
function chunksOf(file: Buffer): readonly { readonly name: string; readonly data: Buffer }[] {
  const found = [];
  for (let at = 8; at < file.length; at += file.readUInt32BE(at) + 12) {
    const end = at + 8 + file.readUInt32BE(at);
    expect(file.readUInt32BE(end)).toBe(crc32(file.subarray(at + 4, end)));
    found.push({ name: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, end) });
  }
  return found;
}

const [white, red, blue] = [0xffffff, 0xff0000, 0x0000ff];

describe('a moving picture', () => {
  const frames = [
    {
      png: png([
        [white, white, white],
        [white, red, white],
      ]),
      ms: 500,
    },
    {
      png: png(
        [
          [white, white, white],
          [white, blue, blue],
        ],
        2,
      ),
      ms: 1_200,
    },
  ];

  test('has a frame for each screenshot, and of the second only what differs', () => {
    const chunks = chunksOf(movingPicture(frames));
    expect(chunks.map(({ name }) => name)).toEqual(['IHDR', 'acTL', 'PLTE', 'fcTL', 'IDAT', 'fcTL', 'fdAT', 'IEND']);
    const [, animation, palette, , whole, control, part] = chunks.map(({ data }) => data);
    expect([animation?.readUInt32BE(0), animation?.readUInt32BE(4)]).toEqual([2, 0]);
    expect(inflateSync(whole ?? Buffer.alloc(0))).toEqual(Buffer.from([0, 0, 0, 0, 0, 0, indexOf(palette, red), 0]));
    const area = [4, 8, 12, 16].map((at) => control?.readUInt32BE(at));
    expect(area).toEqual([2, 1, 1, 1]);
    expect([control?.readUInt16BE(20), control?.readUInt16BE(22)]).toEqual([120, 100]);
    const inside = inflateSync(part?.subarray(4) ?? Buffer.alloc(0));
    expect([...inside]).toEqual([0, indexOf(palette, blue), indexOf(palette, blue)]);
  });

  test.each([0, 1, 2, 3])('filter %i of a screenshot is undone', (filter) => {
    const rows = [
      [0x102030, 0x405060, 0x708090],
      [0xa0b0c0, 0x112233, 0x445566],
    ];
    const chunks = chunksOf(movingPicture([{ png: png(rows, filter), ms: 10 }]));
    const palette = chunks.find(({ name }) => name === 'PLTE')?.data;
    const bytes = inflateSync(chunks.find(({ name }) => name === 'IDAT')?.data ?? Buffer.alloc(0));
    const shown = [bytes.subarray(1, 4), bytes.subarray(5, 8)].map((row) =>
      [...row].map((index) => palette?.readUIntBE(3 * index, 3)),
    );
    expect(shown).toEqual(rows);
  });

  test('of more than 256 colours the rare ones become the nearest one', () => {
    const many = Array.from({ length: 300 }, (_, index) => index * 0x000300);
    const file = movingPicture([{ png: png([[...many, ...many.slice(0, 256)]]), ms: 10 }]);
    expect(chunksOf(file).find(({ name }) => name === 'PLTE')?.data.length).toBe(3 * 256);
  });

  test.each([
    ['frames of two sizes', () => [...frames, { png: png([[white]]), ms: 1 }]],
    ['no frame', () => []],
    ['16 bits a channel', () => [{ png: png([[white]], 0, 16), ms: 1 }]],
  ])('is refused with %s', (_name, given) => {
    expect(() => movingPicture(given())).toThrow();
  });
});

const indexOf = (palette: Buffer | undefined, colour: number): number =>
  Array.from({ length: (palette?.length ?? 0) / 3 }, (_, index) => palette?.readUIntBE(3 * index, 3)).indexOf(colour);
