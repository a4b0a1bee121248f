import { joinedLines } from './escape-sequences.ts';
import { escapedLineBreak } from './resolved-escapes.ts';

/** States of the automaton below; several hold at once, as bits. */
const afterBrace = 1;
const betweenLiterals = 2;
const inComment = 4;
const inPrefix = 8;
const literalStart = 16;
/** The same two before a backslash: a quote may follow, and belongs to a text within the text; a mark may not. */
const escapedAfterBrace = 32;
const escapedLiteralStart = 64;

const isQuote = (unit: number) => unit === 0x22 || unit === 0x27;
const endsMark = (unit: number) => unit === 0x7b || unit === 0x25 || unit === 0x23;
const prefixLetters = new Set([...'bfrtuBFRTU'].map((letter) => letter.charCodeAt(0)));

/**
 * Finds out whether `{` is followed by `{`, `%` or `#`, directly or across the gap between two Python literals: a closing
 * quote, blanks, line breaks, comments, empty literals, then an opening quote. The text may begin and end anywhere, also
 * within a literal: a playbook may put it between quotes of its own. One pass, a few operations for each character.
 */
export function joinsToMark(units: Uint16Array): boolean {
  let states = 0;
  for (const unit of units) {
    if ((states & (afterBrace | literalStart)) !== 0 && endsMark(unit)) return true;
    if (states === 0 && unit !== 0x7b) continue;
    states = nextStates(states, unit);
  }
  return false;
}

function nextStates(states: number, unit: number): number {
  if (unit === 0x5c) return afterBackslash(states);
  if (unit === joinedLines) return states | lineEnd(states);
  if (unit === 0x7b) return afterBrace | (states & inComment);
  if (isQuote(unit)) return afterQuote(states);
  if (unit <= 0x20 || unit === escapedLineBreak) return afterBlank(states, unit);
  const stays = states & inComment;
  if ((states & betweenLiterals) !== 0 && unit === 0x23) return stays | inComment;
  if ((states & (betweenLiterals | inPrefix)) !== 0 && prefixLetters.has(unit)) return stays | inPrefix;
  return stays;
}

/** A quote closes the literal that `{` ended, or opens one, or closes one that is empty; three of them open one too. */
function afterQuote(states: number): number {
  const opens = (states & (betweenLiterals | inPrefix | literalStart | escapedLiteralStart)) !== 0;
  const closes = (states & (afterBrace | escapedAfterBrace | literalStart | escapedLiteralStart)) !== 0;
  return (states & inComment) | (opens ? literalStart : 0) | (closes ? betweenLiterals : 0);
}

function afterBackslash(states: number): number {
  const stays = states & ~(afterBrace | literalStart);
  const escaped = (states & afterBrace) === 0 ? 0 : escapedAfterBrace;
  return stays | escaped | ((states & literalStart) === 0 ? 0 : escapedLiteralStart);
}

function afterBlank(states: number, unit: number): number {
  const between = states & betweenLiterals;
  if (unit === 0x0a || unit === 0x0d) return between | lineEnd(states);
  const stays = between | (states & inComment);
  return unit === escapedLineBreak ? stays | lineEnd(states) : stays;
}

const lineEnd = (states: number) => ((states & inComment) === 0 ? 0 : betweenLiterals);
