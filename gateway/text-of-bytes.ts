import { StringDecoder } from 'node:string_decoder';

/**
 * What is decoded at a time. A text of about a megabyte and more that is decoded at once is kept outside of V8's heap, where it
 * does not count for when garbage is collected: texts of large answers piled up to hundreds of megabytes.
 */
const sliceBytes = 512 * 1024;

/**
 * The text of bytes that came in pieces, in V8's heap.
 * @throws RangeError when it is longer than a text can be
 */
export function textOfBytes(pieces: readonly Buffer[], encoding: 'utf8' | 'base64' = 'utf8'): string {
  const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  if (sizeBytes <= sliceBytes) {
    const [only] = pieces;
    // Most answers come in one piece, which need not be copied.
    return (pieces.length === 1 && only ? only : Buffer.concat(pieces, sizeBytes)).toString(encoding);
  }
  const decoder = new StringDecoder(encoding);
  let text = '';
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += sliceBytes) text += decoder.write(piece.subarray(at, at + sliceBytes));
  }
  return text + decoder.end();
}
