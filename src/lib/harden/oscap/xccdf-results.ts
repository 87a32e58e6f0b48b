import { SaxesParser } from 'saxes'

/** What oscap says of one rule, in the words of XCCDF 1.2, 6.6.4.2. */
export interface XccdfResult {
  readonly rule: string
  readonly result: string
  readonly title: string
  readonly severity: string
}

/** Not XML, or not whole. */
export class XccdfError extends Error {
  override readonly name = 'XccdfError'
}

/**
 * Reads the results of `oscap xccdf eval --results` as they arrive: only titles and results are held, not the megabytes of content
 * around them. A rule that was evaluated before and after a remediation keeps the last word.
 */
export class XccdfReader {
  readonly #parser = new SaxesParser()
  readonly #decoder = new TextDecoder()
  readonly #titles = new Map<string, string>()
  readonly #results = new Map<string, XccdfResult>()
  /** Local names of the open elements. */
  readonly #open: string[] = []
  #rule = ''
  #severity = ''
  #text = ''
  #whole = false
  #wrong: XccdfError | undefined

  constructor() {
    this.#parser.on('error', error => {
      this.#wrong ??= new XccdfError(error.message)
    })
    this.#parser.on('opentag', ({ name, attributes }) => this.#opened(localName(name), attributes))
    this.#parser.on('text', text => {
      const [last] = this.#open.slice(-1)
      if (last === 'title' || last === 'result') this.#text += text
    })
    this.#parser.on('closetag', ({ name }) => this.#closed(localName(name)))
  }

  /** What is wrong with it is told at the end: whoever writes is in the middle of something else. */
  write(bytes: Uint8Array): void {
    if (this.#wrong) return
    this.#parser.write(this.#decoder.decode(bytes, { stream: true }))
  }

  /** All results but those of rules that the profile leaves out. @throws XccdfError when the text ends too early */
  end(): XccdfResult[] {
    if (!this.#wrong) this.#parser.close()
    if (this.#wrong) throw this.#wrong
    if (!this.#whole) throw new XccdfError('there are no results in what oscap wrote')
    return [...this.#results.values()].filter(({ result }) => result !== 'notselected')
  }

  #opened(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#open.push(name)
    if (name === 'Rule') this.#rule = attributes['id'] ?? ''
    if (name === 'rule-result') {
      this.#rule = attributes['idref'] ?? ''
      this.#severity = attributes['severity'] ?? 'unknown'
    }
    if (name === 'title' || name === 'result') this.#text = ''
  }

  #closed(name: string): void {
    this.#open.pop()
    const [parent] = this.#open.slice(-1)
    if (name === 'title' && parent === 'Rule') this.#titles.set(this.#rule, this.#text.trim())
    if (name === 'result' && parent === 'rule-result') {
      const [rule, severity] = [this.#rule, this.#severity]
      this.#results.set(rule, { rule, severity, result: this.#text.trim(), title: this.#titles.get(rule) ?? '' })
    }
    if (name === 'TestResult') this.#whole = true
  }
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)
