/** A piece of a path template: literal text, or the argument in its place. */
export type TemplatePiece = { readonly text: string } | { readonly argument: string };

const placeholder = /\{args\.(\w+)\}/;
const wholePlaceholder = /^\{args\.(\w+)\}$/;

/**
 * Splits `/api/executions/{args.id}/cancel` at its placeholders.
 * @throws TypeError for braces that are no `{args.name}`.
 */
export function parseTemplate(template: string): readonly TemplatePiece[] {
  const pieces = template
    .split(placeholder)
    .map((part, index) => (index % 2 === 0 ? { text: part } : { argument: part }));
  for (const piece of pieces) {
    if ('text' in piece && /[{}]/.test(piece.text)) throw new TypeError(`unknown template: ${template}`);
  }
  return pieces.filter((piece) => 'argument' in piece || piece.text !== '');
}

/**
 * Reads a body or query value: `{args.name}` as a whole is the argument, text without placeholders is itself.
 * @throws TypeError when a placeholder is only a part of the text.
 */
export function parseValueTemplate(text: string): { readonly argument: string } | { readonly constant: string } {
  const argument = wholePlaceholder.exec(text)?.[1];
  if (argument !== undefined) return { argument };
  if (text.includes('{args.') || text.includes('{env.') || text.includes('{context.')) {
    throw new TypeError(`unknown template: ${text}`);
  }
  return { constant: text };
}
