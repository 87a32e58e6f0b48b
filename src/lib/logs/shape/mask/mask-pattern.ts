/** Something that is found in texts and masked. */
export interface MaskPattern {
  readonly name: string
  /** Whether a line that holds no backslash could have it: quick, and rather too often true than never. */
  mayBeIn(line: string): boolean
  /** A text with every place that fits replaced. */
  masked(text: string, replace: (found: string) => string): string
  /** Of a field with such a name everything is masked. */
  readonly names?: RegExp
}
