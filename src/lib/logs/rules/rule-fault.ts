/** What is wrong with a text of a rule, in words that end a sentence. */
export class RuleFault extends Error {
  override readonly name = 'RuleFault'
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}
