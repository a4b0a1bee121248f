import { createElement, type HTMLAttributes, type Ref } from 'react';

/** Properties that GraphiQL passes to framer-motion. */
interface ReorderProps extends HTMLAttributes<HTMLElement> {
  readonly ref?: Ref<HTMLElement>;
  readonly as?: unknown;
  readonly axis?: unknown;
  readonly values?: unknown;
  readonly value?: unknown;
  readonly onReorder?: unknown;
  readonly dragElastic?: unknown;
  readonly dragConstraints?: unknown;
}

/** A list element without the properties that only an animated, draggable list understands. */
const plain =
  (tag: 'ul' | 'li') =>
  ({
    as: _as,
    axis: _axis,
    values: _values,
    value: _value,
    onReorder: _onReorder,
    dragElastic: _elastic,
    dragConstraints: _constraints,
    ...rest
  }: ReorderProps) =>
    createElement(tag, rest);

/**
 * In place of framer-motion, of which GraphiQL uses the list of tabs alone. Its animation moved the tabs under the mouse, so
 * that the first click on one was lost; and it is a tenth of the page.
 */
export const Reorder = { Group: plain('ul'), Item: plain('li') };
