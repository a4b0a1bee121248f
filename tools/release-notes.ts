// Prints the entry of CHANGELOG.md for the version of package.json: the notes of a release.
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const [, ...entries] = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m);
const entry = entries.find((text) => text.startsWith(`${version}\n`));
if (entry === undefined) throw new Error(`CHANGELOG.md has no entry for ${version}: run npm run release:version`);
console.log(entry.slice(version.length).trim());
