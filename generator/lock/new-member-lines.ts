import type { NewMember } from './acceptance.ts';

/** What a run has opened and what it leaves closed, a line each, with the way to open it. */
export function newMemberLines({
  pending,
  opened,
}: {
  readonly pending: readonly NewMember[];
  readonly opened: readonly NewMember[];
}): readonly string[] {
  return [
    ...opened.map((member) => printable(`new, opened: ${member.name} (${memberWords(member)})`)),
    ...pending.map((member) => printable(`new, closed: ${member.name} (${memberWords(member)})`)),
    ...(pending.length === 0 ? [] : [howToOpen(pending)]),
  ];
}

/** `field duration_human: String; also as playbook.durationHuman`. */
export function memberWords({ kind, wire, is, also }: NewMember): string {
  return `${kind} ${wire}: ${is}${also.length === 0 ? '' : `; also as ${also.join(', ')}`}`;
}

function howToOpen(pending: readonly NewMember[]): string {
  const [first] = pending;
  const many = pending.length === 1 ? 'to open it' : 'to open one of them';
  return printable(`  ${many}: generate --accept ${first?.name}; to keep it closed without a word, hide it in its row`);
}

/** Names come from a foreign document, and a terminal obeys control characters. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?');
