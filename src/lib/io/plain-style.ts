import type { Style } from '../core/component.ts'

const same = (text: string): string => text

/** The style of a stream without colour. */
export const plainStyle: Style = { good: same, bad: same, warn: same, dim: same, strong: same, name: same }
