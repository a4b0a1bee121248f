import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../../plugins/errors.ts';
import { errorPages, errorPagesFolder, errorsPage } from '../../../tools/docs/errors-page.ts';

describe('the pages of error codes', () => {
  it('are one for each code, and no others', () => {
    expect(readdirSync(errorPagesFolder).sort()).toEqual(errorCodes.map((code) => `${code}.md`).sort());
  });

  it('are as they are generated', () => {
    for (const { path, content } of errorPages()) expect([path, readFileSync(path, 'utf8')]).toEqual([path, content]);
  });

  it.each(errorCodes)('%s is linked from the list, at the place where its section was', (code) => {
    expect(errorsPage()).toContain(`<a id="${code.toLowerCase()}"></a>[\`${code}\`](error/${code}.md)`);
  });
});
