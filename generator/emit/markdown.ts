/** A table; cells may hold Markdown, and what would end a cell is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text as code. */
export const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);

/** Several texts as code, separated by commas. */
export const codes = (texts: readonly string[]): string => texts.map(code).join(', ');

/** A fenced block. */
export const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

/** Sections separated by blank lines, with the line that says where the page comes from. */
export function page(source: string, sections: readonly string[]): string {
  return `<!-- Generated from ${source} by \`noetl-gateway generate\`. Do not edit. -->\n\n${sections.join('\n\n')}\n`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
