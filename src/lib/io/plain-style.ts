import type { Style } from '../core/component.ts'

const unchanged = (text: string): string => text

/** The style of a stream without colour. */
export const plainStyle: Style = {
  good: unchanged,
  bad: unchanged,
  warn: unchanged,
  dim: unchanged,
  strong: unchanged,
  name: unchanged,
}
