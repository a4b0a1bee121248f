import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Texts and fonts that are not compressed yet. What the server finds no `.br` or `.gz` of, it sends as it is. */
const compressible = /\.(?:js|css|html|ttf|txt)$/;

/**
 * Writes a `.br` and a `.gz` beside every file that gets smaller by it.
 * @param quality of Brotli: 11 for what ships, less for a build that someone waits for.
 */
export async function compressFolder(folder: string, quality: number): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && compressible.test(entry.name));
  await Promise.all(files.map((entry) => compressFile(join(entry.parentPath, entry.name), quality)));
}

/** A file that would grow gets no second one. */
async function compressFile(file: string, quality: number): Promise<void> {
  const plain = await readFile(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(plain, { params }),
    promisify(gzip)(plain, { level: 9 }),
  ]);
  if (br.length < plain.length) await writeFile(`${file}.br`, br);
  if (gz.length < plain.length) await writeFile(`${file}.gz`, gz);
}
