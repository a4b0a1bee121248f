/** In place of Monaco's diff editors, which its entry loads and GraphiQL never opens. */
export class DiffEditorWidget {}
export class MultiDiffEditorWidget {}
