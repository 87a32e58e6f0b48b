/** What the file source was told. */
export interface FileSettings {
  /** Patterns, from the working directory. */
  readonly paths: readonly string[]
  /** Patterns; one without a slash is of names. */
  readonly exclude: readonly string[]
  /** Where files are read from that are there at the first start ever. */
  readonly start: 'beginning' | 'end'
  /** Files that nobody wrote to for so long are not begun. */
  readonly ignoreOlderMs?: number
  readonly maxOpen: number
  /** How often files are looked at; absent: when the system tells that they changed, where it does. */
  readonly pollMs?: number
  readonly partialAfterMs?: number
  readonly removeAfterDelivery: boolean
  readonly compressed: 'read' | 'ignore'
}
